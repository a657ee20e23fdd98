#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>

#include "compat/task.hpp"
#include "coro_backend/detail/waiter.hpp"
#include "coro_backend/lock.hpp"

namespace crossfade::coro_backend {

/// Lets tasks wait, without a lock meanwhile, until another has changed what the lock protects.
///
/// Order: FIFO; who is notified queues for the lock. Cancellation: thrown once the lock is held
/// again; a notification to one that is cancelled before its turn is lost. Threads: the loop's
/// only. Lifetime: outlives its waiters; a lock of the caller's outlives it. Throws: `usage_error`
/// if the lock is free. Source: asyncio.Condition. Differs from the portable `condition`, which
/// loses no notification and refuses who does not hold the lock.
class condition {
 public:
  /// With a lock of its own.
  condition() : lock_(own_.emplace()) {}
  explicit condition(lock& protecting) noexcept : lock_(protecting) {}
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;

  crossfade::task<bool> acquire() { return lock_.acquire(); }
  void release() { lock_.release(); }
  bool locked() const noexcept { return lock_.locked(); }

  /// Releases the lock, waits to be notified, and takes it again. Gives true.
  crossfade::task<bool> wait();
  /// Waits until `predicate()` holds, and gives what it gave. It is called with the lock held.
  /// Lifetime: `predicate` is used where it stands.
  template <std::invocable Predicate>
  crossfade::task<std::invoke_result_t<Predicate&>> wait_for(Predicate&& predicate) {
    auto result = predicate();
    while (!result) {
      co_await wait();
      result = predicate();
    }
    co_return result;
  }
  void notify(std::size_t n = 1);
  void notify_all();

  // --- for `async_with` ---
  crossfade::task<> aenter() { return lock_.aenter(); }
  crossfade::task<> aexit(std::exception_ptr error) { return lock_.aexit(std::move(error)); }

 private:
  void require_locked(const char* what) const;

  std::optional<lock> own_;
  lock& lock_;
  detail::waiter_list waiters_;
};

}  // namespace crossfade::coro_backend
