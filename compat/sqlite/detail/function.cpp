#include "compat/sqlite/detail/function.hpp"

#include <sqlite3.h>

#include <exception>

#include "compat/no_switch.hpp"
#include "compat/sqlite/detail/handle.hpp"
#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite::detail {

void function::add(handle& to, std::unique_ptr<function> made) {
  made->owner_ = &to;
  const std::string name = made->name_;
  const int arity = made->arity_;
  const int flags = SQLITE_UTF8 | (made->options_.deterministic ? SQLITE_DETERMINISTIC : 0);
  // Destroys the function if it fails, too.
  const int code = sqlite3_create_function_v2(
      to.raw(), name.c_str(), arity, flags, made.release(), &on_call, nullptr, nullptr,
      [](void* self) { delete static_cast<function*>(self); });
  if (code != SQLITE_OK) {
    throw error(to.path(), {}, code,
                "the function " + name + " cannot be created: " + sqlite3_errstr(code), {});
  }
}

void function::on_call(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  auto& self = *static_cast<function*>(sqlite3_user_data(context));
  try {
    const assert_no_switch inside_of_a_statement;
    call from_sql(self, context, {arguments, static_cast<std::size_t>(count)});
    self.run(from_sql);
  } catch (...) {
    self.owner_->fail_with(std::current_exception());
    sqlite3_result_error(context, "a C++ function has thrown", -1);
  }
}

void function::call::place::mismatch(const value& held, const char* expected) const {
  throw type_error("argument " + std::to_string(index + 1) + " of " + function + "() is " +
                   describe(held) + "; expected " + expected);
}

value function::call::argument(std::size_t index) const {
  sqlite3_value* const held = arguments_[index];
  switch (sqlite3_value_type(held)) {
    case SQLITE_INTEGER:
      return sqlite3_value_int64(held);
    case SQLITE_FLOAT:
      return sqlite3_value_double(held);
    case SQLITE_TEXT: {
      auto* text = reinterpret_cast<const char*>(sqlite3_value_text(held));
      return std::string(text, static_cast<std::size_t>(sqlite3_value_bytes(held)));
    }
    case SQLITE_BLOB: {
      auto* bytes = static_cast<const std::byte*>(sqlite3_value_blob(held));
      return blob(bytes, bytes + sqlite3_value_bytes(held));
    }
    default:
      return nullptr;
  }
}

void function::call::give(const bound& result) {
  std::visit(
      [this](const auto& v) {
        using type = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<type, std::nullptr_t>) {
          sqlite3_result_null(context_);
        } else if constexpr (std::is_same_v<type, std::int64_t>) {
          sqlite3_result_int64(context_, v);
        } else if constexpr (std::is_same_v<type, double>) {
          sqlite3_result_double(context_, v);
        } else if constexpr (std::is_same_v<type, std::string_view>) {
          // A null pointer would mean NULL, and an empty text may have one.
          sqlite3_result_text64(context_, v.empty() ? "" : v.data(), v.size(), SQLITE_TRANSIENT,
                                SQLITE_UTF8);
        } else if (v.empty()) {
          sqlite3_result_zeroblob(context_, 0);
        } else {
          sqlite3_result_blob64(context_, v.data(), v.size(), SQLITE_TRANSIENT);
        }
      },
      result);
}

}  // namespace crossfade::sqlite::detail
