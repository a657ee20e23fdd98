#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "compat/clock.hpp"
#include "compat/op.hpp"
#include "fiber_backend/callback.hpp"
#include "fiber_backend/detail/linkable.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/greenlet.hpp"

namespace crossfade::fiber_backend {

/// A value, or an error, that tasks wait for.
///
/// Order: as `event`; setting it again replaces what was set and notifies again, and a value hides
/// an error. Cancellation: as any wait. Threads: the loop's only. Lifetime: who waits when it goes
/// is left waiting. Source: gevent.event.AsyncResult. Differs: linked to a greenlet or another
/// result by `setter`.
template <class T = void>
class async_result final : private detail::linkable {
  using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

 public:
  async_result() noexcept : linkable(notify::all) {}

  class wait_op;
  class get_op;
  /// Waits until it is set and gives a copy of the value, or throws the error. Throws:
  /// `timeout_expired` after `timeout`.
  [[nodiscard]] get_op get(std::optional<duration> timeout = {}) { return {*this, timeout}; }
  /// The same without waiting. Throws: `timeout_expired` if it is not set.
  T get_nowait() const {
    if (!ready()) detail::throw_expired();
    if (!value_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<T>) return *value_;
  }
  /// Waits until it is set. Gives the value; null if there is none, or it did not come in time.
  [[nodiscard]] wait_op wait(std::optional<duration> timeout = {}) { return {*this, timeout}; }

  template <class... U>
    requires std::is_constructible_v<stored, U...>
  void set(U&&... value) {
    value_.emplace(std::forward<U>(value)...);
    check_and_notify();
  }
  void set_exception(std::exception_ptr error) {
    error_ = std::move(error);
    check_and_notify();
  }
  bool ready() const noexcept override { return value_.has_value() || error_ != nullptr; }
  bool successful() const noexcept { return value_.has_value(); }
  /// Null if there is none.
  const stored* value() const noexcept { return value_ ? &*value_ : nullptr; }
  const std::exception_ptr& exception() const noexcept { return error_; }

  /// A link that passes a greenlet's outcome, or another result's, on to this, which outlives it.
  /// Always the same, so that it can be unlinked. Source: AsyncResult as a callable.
  callback<const any_greenlet&> setter() { return from_greenlet_; }
  callback<async_result&> result_setter() { return from_result_; }

  /// As `event::rawlink`.
  void rawlink(callback<async_result&> function) {
    add_link(*new detail::function_link<async_result&, async_result>(std::move(function), *this));
  }
  void unlink(const callback<async_result&>& function) noexcept {
    remove_link_of(function.identity());
  }
  /// For the other parts of this folder.
  detail::linkable& source() noexcept { return *this; }

 private:
  void set_from(const any_greenlet& source) {
    if (!source.successful()) {
      set_exception(source.exception());
    } else {
      const auto typed = greenlet<T>::of(source);
      if constexpr (std::is_void_v<T>) {
        set();
      } else {
        set(typed.get_nowait());
      }
    }
  }
  void set_from(async_result& source) {
    if (source.successful()) {
      value_ = source.value_;
      check_and_notify();
    } else {
      set_exception(source.error_);
    }
  }

  std::optional<stored> value_;
  std::exception_ptr error_;
  callback<const any_greenlet&> from_greenlet_{[this](const any_greenlet& g) { set_from(g); }};
  callback<async_result&> from_result_{[this](async_result& r) { set_from(r); }};
};

template <class T>
class async_result<T>::wait_op final : public crossfade::detail::waitable<wait_op>,
                                       private detail::linked_wait {
  using crossfade::detail::waitable<wait_op>::task;

 public:
  wait_op(async_result& of, std::optional<duration> timeout) noexcept
      : crossfade::detail::waitable<wait_op>(rules_of_this),
        linked_wait(of, timeout),
        result_(of) {}

 private:
  friend crossfade::detail::waitable<wait_op>;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<wait_op&>(op).linked_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{
      .name = "a result", .leave = &leave, .holder = nullptr, .ended_by_guest = true};
  bool start() {
    if (!result_.ready()) {
      begin(*this);
      return false;
    }
    if (!of().notifying()) return true;
    found_ = result_.value_;
    found_ready_ = true;
    begin_behind(*this);
    return false;
  }
  std::optional<stored> take() {
    end();
    return found_ready_ ? std::move(found_) : result_.value_;
  }

  async_result& result_;
  std::optional<stored> found_;
  bool found_ready_ = false;
};

template <class T>
class async_result<T>::get_op final : public crossfade::detail::waitable<get_op>,
                                      private detail::linked_wait {
 public:
  get_op(async_result& of, std::optional<duration> timeout) noexcept
      : crossfade::detail::waitable<get_op>(rules_of_this), linked_wait(of, timeout), result_(of) {}

 private:
  friend crossfade::detail::waitable<get_op>;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<get_op&>(op).linked_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{
      .name = "a result", .leave = &leave, .holder = nullptr, .ended_by_guest = true};
  bool start() {
    if (result_.ready()) return true;
    begin(*this);
    return false;
  }
  T take() {
    end();
    if (expired()) detail::throw_expired();
    return result_.get_nowait();
  }

  async_result& result_;
};

}  // namespace crossfade::fiber_backend
