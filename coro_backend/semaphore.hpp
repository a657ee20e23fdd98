#pragma once

#include <exception>

#include "compat/task.hpp"
#include "coro_backend/detail/waiter.hpp"

namespace crossfade::coro_backend {

/// Permits that belong to no task.
///
/// Order: FIFO. Releasing gives the permit to the first who waits, at once. Cancellation: a
/// cancelled waiter leaves; one that had been given a permit gives it to the next. Threads: the
/// loop's only. Lifetime: outlives its waiters. Throws: `value_error` for a negative count. Source:
/// asyncio.Semaphore. Differs from the portable `semaphore`, whose permits have guards.
class semaphore {
 public:
  explicit semaphore(int value = 1);
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  virtual ~semaphore() = default;

  /// Waits for a permit and takes it. Gives true.
  crossfade::task<bool> acquire();
  virtual void release();
  /// Who acquires it now has to wait.
  bool locked() const noexcept;
  /// The permits that are left.
  int value() const noexcept { return value_; }

  // --- for `async_with` ---
  crossfade::task<> aenter();
  crossfade::task<> aexit(std::exception_ptr error);

 private:
  void wake_next() noexcept;

  int value_;
  detail::waiter_list waiters_;
};

/// A `semaphore` that refuses more permits than it began with. Throws: `value_error`. Source:
/// asyncio.BoundedSemaphore.
class bounded_semaphore final : public semaphore {
 public:
  explicit bounded_semaphore(int value = 1) : semaphore(value), bound_(value) {}
  void release() override;

 private:
  const int bound_;
};

}  // namespace crossfade::coro_backend
