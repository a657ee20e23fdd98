#pragma once

#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

namespace crossfade::detail {

/// How a computation ended: not yet, with a value (also none, or a reference), or with an
/// exception.
template <class T>
class result {
  static constexpr bool is_void = std::is_void_v<T>;
  static constexpr bool is_reference = std::is_reference_v<T>;
  struct nothing {};
  using stored = std::conditional_t<is_void, nothing,
                                    std::conditional_t<is_reference, std::add_pointer_t<T>, T>>;

 public:
  bool empty() const noexcept { return state_.index() == 0; }

  template <class... U>
  void set_value(U&&... value) {
    if constexpr (is_reference) {
      state_.template emplace<1>(std::addressof(value)...);
    } else {
      state_.template emplace<1>(std::forward<U>(value)...);
    }
  }
  void set_error(std::exception_ptr error) noexcept {
    state_.template emplace<2>(std::move(error));
  }
  const std::exception_ptr* error() const noexcept { return std::get_if<2>(&state_); }

  /// Moves the value out, or throws the exception.
  T take() {
    if (state_.index() == 2) std::rethrow_exception(std::move(std::get<2>(state_)));
    if constexpr (is_reference) {
      return static_cast<T>(*std::get<1>(state_));
    } else if constexpr (!is_void) {
      return std::move(std::get<1>(state_));
    }
  }

  /// Calls `f(arguments...)` and keeps how it ends.
  template <class F, class... A>
  void set_from(F&& f, A&&... arguments) noexcept {
    try {
      if constexpr (is_void) {
        std::forward<F>(f)(std::forward<A>(arguments)...);
        set_value();
      } else {
        set_value(std::forward<F>(f)(std::forward<A>(arguments)...));
      }
    } catch (...) {
      set_error(std::current_exception());
    }
  }

 private:
  std::variant<std::monostate, stored, std::exception_ptr> state_;
};

}  // namespace crossfade::detail
