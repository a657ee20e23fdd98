#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

#include "compat/detail/misuse.hpp"
#include "compat/detail/op_base.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/errors.hpp"

namespace crossfade::detail {

/// Who holds what one task at a time may hold, and who waits for it, longest first: the truth
/// behind every kind of lock.
class ownership {
 public:
  /// The id of the task that holds it, 0 if none does. Set when it is promised, before the new
  /// holder runs.
  std::uint64_t holder() const noexcept { return holder_; }
  bool held_by(const task_state& task) const noexcept { return holder_ == task.id; }
  bool held_by_who_runs() const noexcept {
    const scheduler* sched = this_scheduler;
    return sched != nullptr && sched->current != nullptr && held_by(*sched->current);
  }

  /// True: `task` holds it now.
  bool take_if_free(const task_state& task) noexcept {
    if (holder_ != 0) return false;
    holder_ = task.id;
    return true;
  }
  /// True: the task of `o` holds it now. False: `o` stands in the queue.
  bool take_or_queue(op_base& o) noexcept {
    if (take_if_free(o.task())) return true;
    waiters_.push(o);
    return false;
  }
  void leave(op_base& o) noexcept { waiters_.remove(o); }

  void hand_over() noexcept {
    // Hand over instead of unlocking. Other tasks run between the wake and the waiter's turn; a
    // lock that looked free in that gap would let them in ahead of the queue.
    holder_ = 0;
    if (waiters_.empty()) return;
    op_base& next = waiters_.pop();
    holder_ = next.task().id;
    next.complete();
  }

  /// For destructors; see `require_no_waiters`.
  void require_unused(const char* what) const noexcept {
    require_no_waiters(what, waiters_);
    if (holder_ != 0) [[unlikely]]
      fail_destroyed_while_held(what, holder_);
  }

  /// What a task is told that releases what another acquired.
  usage_error foreign_release() const;

 private:
  std::uint64_t holder_ = 0;
  wait_queue waiters_;
};

/// The guard of a lock: holds it until it is released or goes out of scope. Movable, but stays with
/// the task that acquired it; a debug build asserts that it goes there.
///
/// `Lock` has `const ownership& owned() const noexcept` and `void give_back() noexcept`.
template <class Lock>
class [[nodiscard("the lock is released when the guard goes: give it a name")]] lock_guard {
 public:
  /// For the lock.
  explicit lock_guard(Lock& held) noexcept : lock_(&held) {}
  lock_guard(lock_guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  lock_guard& operator=(lock_guard&& other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~lock_guard() {
    if (lock_ == nullptr) return;
    assert(lock_->owned().held_by_who_runs() && "a guard stays with the task that acquired it");
    lock_->give_back();
  }

  /// Releases early; the guard is empty afterwards, and releasing it again does nothing. Throws:
  /// `usage_error` if another task acquired it; the lock is released all the same.
  void release() {
    if (lock_ == nullptr) return;
    Lock& held = *std::exchange(lock_, nullptr);
    if (held.owned().held_by_who_runs()) [[likely]] {
      held.give_back();
      return;
    }
    const usage_error refusal = held.owned().foreign_release();
    held.give_back();
    throw refusal;
  }

 private:
  Lock* lock_;
};

}  // namespace crossfade::detail
