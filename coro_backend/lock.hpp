#pragma once

#include "compat/task.hpp"
#include "coro_backend/detail/waiter.hpp"

namespace crossfade::coro_backend {

/// Mutual exclusion that belongs to no task: who likes may release it.
///
/// Order: FIFO. Releasing leaves it free and wakes the first; until that one has its turn the lock
/// looks free, but who comes queues behind it. Cancellation: a cancelled waiter leaves; one that
/// had been woken wakes the next. Threads: the loop's only. Lifetime: outlives its waiters. Source:
/// asyncio.Lock. Differs from the portable `lock`, which is handed over, has an owner and a guard.
class lock {
 public:
  lock() = default;
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;

  /// Waits until it is free and takes it. Gives true.
  crossfade::task<bool> acquire();
  /// Throws: `usage_error` if it is free.
  void release();
  bool locked() const noexcept { return locked_; }

  // --- for `async_with` ---
  crossfade::task<> aenter();
  crossfade::task<> aexit(std::exception_ptr error);

 private:
  void wake_first() noexcept;

  bool locked_ = false;
  detail::waiter_list waiters_;
};

}  // namespace crossfade::coro_backend
