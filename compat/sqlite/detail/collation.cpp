#include "compat/sqlite/detail/collation.hpp"

#include <sqlite3.h>

#include <compare>
#include <exception>

#include "compat/no_switch.hpp"
#include "compat/sqlite/detail/handle.hpp"
#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite::detail {

void collation::add(handle& to, std::unique_ptr<collation> made) {
  made->owner_ = &to;
  const int code = sqlite3_create_collation_v2(
      to.raw(), made->name_.c_str(), SQLITE_UTF8, made.get(), &on_compare,
      [](void* self) { delete static_cast<collation*>(self); });
  if (code != SQLITE_OK) {
    throw error(to.path(), {}, code,
                "the collation " + made->name_ + " cannot be created: " + sqlite3_errstr(code), {});
  }
  static_cast<void>(made.release());
}

int collation::on_compare(void* self, int size_a, const void* a, int size_b,
                          const void* b) noexcept {
  auto& c = *static_cast<collation*>(self);
  if (c.owner_->is_to_fail()) return 0;
  try {
    const assert_no_switch inside_of_a_statement;
    const auto text = [](const void* begin, int size) {
      return std::string_view(static_cast<const char*>(begin), static_cast<std::size_t>(size));
    };
    const std::weak_ordering order = c.compare_(text(a, size_a), text(b, size_b));
    return std::is_lt(order) ? -1 : std::is_gt(order) ? 1 : 0;
  } catch (...) {
    c.owner_->fail_unordered(std::current_exception());
    return 0;
  }
}

}  // namespace crossfade::sqlite::detail
