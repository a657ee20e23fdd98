#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "compat/detail/ownership.hpp"
#include "compat/op.hpp"

namespace crossfade {

/// Mutual exclusion between tasks of either backend, which the task that holds it may take again.
///
/// The owner is the task: what it runs in a portal, or calls across the bridge, is the same owner;
/// what it spawns is not. Order: FIFO; the lock is handed to the longest waiter when the last of
/// the owner's guards has gone; nobody can barge in. Cancellation: a cancelled waiter leaves the
/// queue; if it had just been handed the lock, it has it, and the cancellation comes at its next
/// wait; an owner that takes it again does not wait, but is cancelled there if it is to be.
/// Threads: the loop's only. Lifetime: outlives its guards and waiters; the destructor ends the
/// program otherwise. Source: gevent.lock.RLock, threading.RLock. Differs: only guards release, so
/// it cannot be released by another task or too often.
class reentrant_lock {
 public:
  using guard = detail::lock_guard<reentrant_lock>;

  reentrant_lock() = default;
  reentrant_lock(const reentrant_lock&) = delete;
  reentrant_lock& operator=(const reentrant_lock&) = delete;
  ~reentrant_lock() { owned_.require_unused(name); }

  /// Waits until no other task holds the lock, then holds it for as long as the guard lives.
  detail::lock_op<reentrant_lock> acquire() noexcept {
    return detail::lock_op<reentrant_lock>(*this);
  }
  /// Holds the lock, once more if the running task does already, unless another task does.
  std::optional<guard> try_acquire();
  bool is_held() const noexcept { return holder() != 0; }
  /// The id of the task that holds it, 0 if none does.
  std::uint64_t holder() const noexcept { return owned_.holder(); }
  /// How many guards hold it; 0 also while its new holder has not run.
  std::size_t depth() const noexcept { return depth_; }

 private:
  friend detail::lock_op<reentrant_lock>;
  friend guard;
  static constexpr const char* name = "a reentrant lock";

  bool begin(detail::op_base& o) noexcept {
    return owned_.held_by(o.task()) || owned_.take_or_queue(o);
  }
  guard enter() noexcept {
    ++depth_;
    return guard(*this);
  }
  void give_back() noexcept {
    if (--depth_ == 0) owned_.hand_over();
  }

  detail::ownership owned_;
  std::size_t depth_ = 0;
};

}  // namespace crossfade
