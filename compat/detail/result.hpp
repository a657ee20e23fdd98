#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace crossfade::detail {

/// How a computation ended: not yet, with a value (also none, or a reference), or with an
/// exception.
///
/// By hand instead of a `std::variant`, whose every assignment first asks which of its alternatives
/// to destroy: each coroutine and each task ends in one of these, and nearly always it is empty.
template <class T>
class result {
  static constexpr bool is_void = std::is_void_v<T>;
  static constexpr bool is_reference = std::is_reference_v<T>;
  struct nothing {};
  using stored = std::conditional_t<is_void, nothing,
                                    std::conditional_t<is_reference, std::add_pointer_t<T>, T>>;

 public:
  result() noexcept {}
  ~result() { clear(); }
  result(const result&) = delete;
  result& operator=(const result&) = delete;

  bool empty() const noexcept { return holds_ == content::none; }

  template <class... U>
  void set_value(U&&... value) {
    clear();
    if constexpr (is_reference) {
      std::construct_at(&value_, std::addressof(value)...);
    } else {
      std::construct_at(&value_, std::forward<U>(value)...);
    }
    holds_ = content::value;
  }
  void set_error(std::exception_ptr error) noexcept {
    clear();
    std::construct_at(&error_, std::move(error));
    holds_ = content::error;
  }
  const std::exception_ptr* error() const noexcept {
    return holds_ == content::error ? &error_ : nullptr;
  }

  /// Moves the value out, or throws the exception.
  T take() {
    if (holds_ == content::error) [[unlikely]]
      std::rethrow_exception(std::move(error_));
    if constexpr (is_reference) {
      return static_cast<T>(*value_);
    } else if constexpr (!is_void) {
      return std::move(value_);
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
  enum class content : std::uint8_t { none, value, error };

  // A body may end with a value and then fail, in a destructor; or the other way round.
  void clear() noexcept {
    if (holds_ == content::value) {
      std::destroy_at(&value_);
    } else if (holds_ == content::error) [[unlikely]] {
      std::destroy_at(&error_);
    }
    holds_ = content::none;
  }

  union {
    stored value_;
    std::exception_ptr error_;
  };
  content holds_ = content::none;
};

}  // namespace crossfade::detail
