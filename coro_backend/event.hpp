#pragma once

#include "compat/task.hpp"
#include "coro_backend/detail/waiter.hpp"

namespace crossfade::coro_backend {

/// A flag that tasks wait for.
///
/// Order: setting it wakes all waiters, in the order they came; who is woken has seen it set.
/// Cancellation: a cancelled waiter leaves, also one that had been woken. Threads: the loop's only.
/// Lifetime: outlives its waiters. Source: asyncio.Event. Differs from the portable `event` where a
/// waiter is woken and cancelled: there the cancellation comes at its next wait.
class event {
 public:
  event() = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  /// Waits until it is set. Gives true.
  crossfade::task<bool> wait();
  void set() noexcept;
  void clear() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

 private:
  bool set_ = false;
  detail::waiter_list waiters_;
};

}  // namespace crossfade::coro_backend
