#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "coro_backend/detail/future_core.hpp"
#include "coro_backend/detail/wait.hpp"
#include "coro_backend/errors.hpp"

namespace crossfade::coro_backend {

class callback;
template <class T>
class future_base;

/// A future or task of any type: what does not depend on the value. Copies are the same future.
///
/// Threads: the loop's only. Lifetime: ends before the `coro_backend::backend`. Source:
/// asyncio.Future.
class any_future {
 public:
  /// None.
  any_future() = default;
  /// For the runtime.
  explicit any_future(detail::future_core& core) noexcept : core_(&core) {}

  explicit operator bool() const noexcept { return static_cast<bool>(core_); }
  friend bool operator==(const any_future& a, const any_future& b) noexcept {
    return a.core_.get() == b.core_.get();
  }

  bool done() const noexcept { return core_->done(); }
  bool cancelled() const noexcept { return core_->cancelled(); }
  /// Ends a future as cancelled; asks a task to end, see `task`. False: it is done already.
  bool cancel(const cancel_message& message = {}) const { return core_->cancel(message); }
  /// What it failed with, null if it has a value. Throws: `cancelled_error` if it was cancelled;
  /// `invalid_state_error` if it is not done.
  std::exception_ptr exception() const { return core_->exception(); }

  /// Has `function(future)` called once it is done, in a turn of its own, with the context
  /// variables of now. Order: that of registration, together with those who wait. What it throws
  /// goes to the loop's exception handler. Source: Future.add_done_callback.
  void add_done_callback(const callback& function) const;
  /// Takes back what has not been scheduled yet; says how often it was there. Source:
  /// Future.remove_done_callback.
  std::size_t remove_done_callback(const callback& function) const;

  // --- for observers: no effect ---
  /// The failure, null without one; does not count as retrieved.
  std::exception_ptr peek_exception() const {
    return core_->failed() ? core_->peek_exception() : nullptr;
  }
  /// It failed, and nobody has asked: "exception was never retrieved".
  bool unretrieved() const noexcept { return core_->unretrieved(); }

  /// With its type; empty if its value is of another.
  template <class T>
  future_base<T> as() const noexcept {
    auto* const typed = dynamic_cast<detail::future_of<T>*>(core_.get());
    return typed != nullptr ? future_base<T>(*typed) : future_base<T>();
  }

  detail::future_core& core() const noexcept { return *core_; }

 private:
  detail::counted<detail::future_core> core_;
};

/// A function to be told of futures that are done, with an identity by which it is removed: copies
/// are the same. Source: the callables that add_done_callback takes.
class callback {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, callback> &&
             std::is_invocable_v<F&, const any_future&>)
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload)
  callback(F&& function)
      : function_(
            std::make_shared<std::function<void(const any_future&)>>(std::forward<F>(function))) {}
  void operator()(const any_future& source) const { (*function_)(source); }
  const void* identity() const noexcept { return function_.get(); }

 private:
  std::shared_ptr<std::function<void(const any_future&)>> function_;  // shared by the copies
};

/// The value of a future or task, to be waited for by `co_await` and `await`, by any number of
/// tasks of any kind, any number of times.
///
/// Order: who waits goes on in a turn of its own, in the order they came; one that is done makes
/// nobody wait. Cancellation: an asyncio task that is cancelled while it waits cancels the future,
/// and with it all who wait for it, unless there is a `shield`; any other task just leaves. Throws:
/// what the future failed with; `cancelled_error` if it was cancelled.
template <class T>
class future_base : public any_future {
 public:
  using value_type = T;
  using crossfade_awaitable = void;

  future_base() = default;
  /// For the runtime.
  explicit future_base(detail::future_of<T>& core) noexcept : any_future(core) {}

  detail::future_wait<T> operator co_await() const { return detail::future_wait<T>(typed()); }
  /// Does not wait. Throws: as waiting for it does; `invalid_state_error` if it is not done.
  T result() const { return typed().result(); }
  /// For observers: the value, null without one. No effect.
  const typename detail::future_of<T>::stored* peek() const noexcept {
    return core().finished() ? &typed().peek() : nullptr;
  }

 protected:
  detail::future_of<T>& typed() const noexcept {
    return static_cast<detail::future_of<T>&>(core());
  }
};

/// A value that is to come, and whoever holds this may say so.
///
/// Made by `event_loop::create_future`. Source: asyncio.Future.
template <class T = void>
class future : public future_base<T> {
 public:
  using future_base<T>::future_base;
  /// Throws: `invalid_state_error` if it is done.
  template <class... U>
  void set_result(U&&... value) const {
    this->typed().set_result(std::forward<U>(value)...);
  }
  void set_exception(std::exception_ptr error) const {
    this->core().set_exception(std::move(error));
  }
};

}  // namespace crossfade::coro_backend
