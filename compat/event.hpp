#pragma once

#include "compat/op.hpp"

namespace crossfade {

/// A flag that tasks of either backend wait for.
///
/// Order: setting it wakes all waiters, in the order they came; who is woken has seen it set, even
/// if it is cleared before its turn. Cancellation: a cancelled waiter leaves. Threads: the loop's
/// only; from another thread, `loop.post([&] { e.set(); })`. Lifetime: outlives its waiters;
/// the destructor ends the program otherwise. Source: asyncio.Event, gevent.event.Event.
class event {
 public:
  event() = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;
  ~event();

  /// Waits until the flag is set; completes at once if it is.
  op<> wait();
  void set() noexcept;
  void clear() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

 private:
  bool set_ = false;
  detail::wait_queue waiters_;
};

}  // namespace crossfade
