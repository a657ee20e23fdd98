#pragma once

#include <cstdint>
#include <optional>

#include "compat/detail/ownership.hpp"
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
/// its guards and waiters; the destructor ends the program otherwise. Throws: `usage_error` if the
/// task already holds it. Source: asyncio.Lock, gevent.lock.BoundedSemaphore(1). Differs: only a
/// guard releases; taking it twice throws instead of hanging.
class lock {
 public:
  using guard = detail::lock_guard<lock>;

  lock() = default;
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;
  ~lock() { owned_.require_unused(name); }

  /// Waits until the lock is free, then holds it for as long as the guard lives.
  detail::lock_op<lock> acquire() noexcept { return detail::lock_op<lock>(*this); }
  /// Holds the lock if nobody does now, the running task included.
  std::optional<guard> try_acquire();
  bool is_held() const noexcept { return holder() != 0; }
  /// The id of the task that holds it, 0 if none does.
  std::uint64_t holder() const noexcept { return owned_.holder(); }

 private:
  friend condition;
  friend detail::condition_op;
  friend detail::lock_op<lock>;
  friend guard;
  static constexpr const char* name = "a lock";

  bool begin(detail::op_base& o) {
    if (owned_.take_if_free(o.task())) [[likely]]
      return true;
    return queue_up(o);
  }
  bool queue_up(detail::op_base& o);
  guard enter() noexcept { return guard(*this); }
  void give_back() noexcept { owned_.hand_over(); }

  detail::ownership owned_;
};

}  // namespace crossfade
