#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/sqlite/detail/bound.hpp"
#include "compat/sqlite/detail/read.hpp"
#include "compat/sqlite/function.hpp"
#include "compat/sqlite/value.hpp"

struct sqlite3_context;
struct sqlite3_value;

namespace crossfade::sqlite::detail {

class handle;

/// A C++ function that SQLite calls. Part of a connection's work, as all of `handle` is.
class function {
 public:
  class call;

  virtual ~function() = default;
  function(const function&) = delete;
  function& operator=(const function&) = delete;

  /// Gives it to SQLite, which destroys it when it is replaced and at close.
  static void add(handle& to, std::unique_ptr<function> made);

 protected:
  static constexpr int any_number = -1;

  /// `arity`: how many arguments it takes.
  function(std::string_view name, int arity, const function_options& options)
      : name_(name), arity_(arity), options_(options) {}

 private:
  static void on_call(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept;
  virtual void run(call& from_sql) = 0;

  const std::string name_;
  const int arity_;
  const function_options options_;
  handle* owner_ = nullptr;
};

/// One call: its arguments, and where its result goes.
class function::call {
 public:
  /// An argument, as messages name it.
  struct place {
    const std::string& function;
    std::size_t index;
    [[noreturn]] void mismatch(const value& held, const char* expected) const;
  };

  call(const function& of, sqlite3_context* context,
       std::span<sqlite3_value* const> arguments) noexcept
      : of_(of), context_(context), arguments_(arguments) {}

  std::size_t size() const noexcept { return arguments_.size(); }
  value argument(std::size_t index) const;
  place at(std::size_t index) const noexcept { return {of_.name_, index}; }
  /// Copies what `result` points to.
  void give(const bound& result);

 private:
  const function& of_;
  sqlite3_context* context_;
  std::span<sqlite3_value* const> arguments_;
};

template <class T>
inline constexpr bool is_argument =
    std::same_as<T, value> || (std::integral<T> && !is_character<T>) || std::floating_point<T> ||
    std::same_as<T, std::string> || std::same_as<T, blob> || is_view<T>;
template <class T>
inline constexpr bool is_argument<std::optional<T>> = is_argument<T>;

template <class T>
inline constexpr bool is_result = is_bindable<T>;
template <>
inline constexpr bool is_result<void> = true;

/// The arguments as a whole, however many there are.
template <class... A>
inline constexpr bool is_variadic = false;
template <class A>
inline constexpr bool is_variadic<A> = std::same_as<A, std::span<const value>>;

template <class F, class Signature>
inline constexpr bool is_callable_from_sql = false;
template <class F, class R, class... A>
inline constexpr bool is_callable_from_sql<F, std::function<R(A...)>> =
    is_result<std::remove_cvref_t<R>> &&
    (is_variadic<std::remove_cvref_t<A>...> || (is_argument<std::remove_cvref_t<A>> && ...));

/// Found out as `std::function` does: one signature, no template.
template <class F>
using signature_of = decltype(std::function(std::declval<F>()));

template <class F>
concept callable_from_sql =
    requires { typename signature_of<F>; } && is_callable_from_sql<F, signature_of<F>>;

template <class F, class Signature = signature_of<F>>
class typed_function;
template <class F, class R, class... A>
class typed_function<F, std::function<R(A...)>> final : public function {
  static constexpr bool is_variadic = detail::is_variadic<std::remove_cvref_t<A>...>;

 public:
  typed_function(std::string_view name, F&& f, const function_options& options)
      : function(name, is_variadic ? any_number : static_cast<int>(sizeof...(A)), options),
        f_(std::move(f)) {}

 private:
  void run(call& from_sql) override {
    if constexpr (is_variadic) {
      std::vector<value> given;
      given.reserve(from_sql.size());
      for (std::size_t i = 0; i < from_sql.size(); ++i) given.push_back(from_sql.argument(i));
      give_result(from_sql, std::span<const value>(given));
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        // What is read as a view points to these.
        [[maybe_unused]] const std::array<value, sizeof...(A)> given{from_sql.argument(I)...};
        give_result(from_sql, read<std::remove_cvref_t<A>>(given[I], from_sql.at(I))...);
      }(std::index_sequence_for<A...>{});
    }
  }
  template <class... Given>
  void give_result(call& to, Given&&... given) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(f_, std::forward<Given>(given)...);
      to.give(nullptr);
    } else {
      to.give(detail::bind(std::invoke(f_, std::forward<Given>(given)...)));
    }
  }

  F f_;
};

}  // namespace crossfade::sqlite::detail
