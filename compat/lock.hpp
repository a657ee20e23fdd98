#pragma once

#include <cstdint>
#include <utility>

#include "compat/op.hpp"

namespace crossfade {

class condition;

namespace detail {
class condition_op;
}

/// Mutual exclusion between tasks of either backend.
///
/// Order: FIFO. Releasing hands the lock to the longest waiter; nobody can barge in.
/// Cancellation: a cancelled waiter leaves the queue; if it had just been handed the lock, it has
/// it, and the cancellation comes at its next wait. Threads: the loop's only. Lifetime: outlives
/// its guards and waiters. Throws: `usage_error` if the task already holds it. Source:
/// asyncio.Lock. Differs: only a guard releases; taking it twice throws instead of hanging.
class lock {
 public:
  /// Holds the lock until it is released or goes out of scope. Stays with the task that acquired
  /// it.
  class [[nodiscard("the lock is released when the guard goes")]] guard {
   public:
    guard(guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
    guard& operator=(guard&& other) noexcept {
      std::swap(lock_, other.lock_);
      return *this;
    }
    ~guard() { release(); }
    /// Releases early; the guard is empty afterwards.
    void release() noexcept {
      if (lock_ != nullptr) std::exchange(lock_, nullptr)->hand_over();
    }

   private:
    friend lock;
    explicit guard(lock& held) noexcept : lock_(&held) {}
    lock* lock_;
  };

  lock() = default;
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;
  ~lock();

  /// Waits until the lock is free, then holds it for as long as the guard lives.
  op<guard> acquire();
  bool is_held() const noexcept { return holder_ != 0; }

 private:
  friend condition;
  friend detail::condition_op;
  static bool start(op<guard>& o);
  static guard take(op<guard>& o);
  static bool leave(detail::op_base& o) noexcept;
  static std::uint64_t held_by(const detail::op_base& o) noexcept;

  /// True: `o` has the lock now. False: it stands in the queue.
  bool take_or_queue(detail::op_base& o) noexcept;
  void hand_over() noexcept;

  std::uint64_t holder_ =
      0;  // a task's id, set when the lock is promised, before the new holder runs
  detail::wait_queue waiters_;
};

}  // namespace crossfade
