#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

#include "compat/detail/misuse.hpp"
#include "compat/detail/op_base.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/errors.hpp"
#include "compat/op.hpp"

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
    holder_ = 0;
    if (!waiters_.empty()) promise_to_next();
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
  void promise_to_next() noexcept;

  std::uint64_t holder_ = 0;
  wait_queue waiters_;
};

/// Waits until a lock is the task's, then gives its guard.
///
/// `Lock` has `const char* name`, `bool begin(op_base&)`, which is true if the task may go on, and
/// `guard enter() noexcept`. In the header, since an uncontended lock costs what is called.
template <class Lock>
class lock_op final : public waitable<lock_op<Lock>> {
 public:
  explicit lock_op(Lock& lock) noexcept : waitable<lock_op>(rules_of_this), lock_(lock) {}

 private:
  friend waitable<lock_op>;
  static bool leave(op_base& o) noexcept {
    static_cast<lock_op&>(o).lock_.owned_.leave(o);
    return true;
  }
  static std::uint64_t held_by(const op_base& o) noexcept {
    return static_cast<const lock_op&>(o).lock_.owned_.holder();
  }
  static constexpr wait_rules rules_of_this{
      .name = Lock::name, .leave = &leave, .holder = &held_by};

  bool start() { return lock_.begin(*this); }
  auto take() noexcept { return lock_.enter(); }

  Lock& lock_;
};

/// The guard of a lock: holds it until it is released or goes out of scope. Movable, but stays with
/// the task that acquired it; a debug build asserts that it goes there.
///
/// `Lock` has `ownership owned_` and `void give_back() noexcept`.
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
    assert(lock_->owned_.held_by_who_runs() && "a guard stays with the task that acquired it");
    lock_->give_back();
  }

  /// Releases early; the guard is empty afterwards, and releasing it again does nothing. Throws:
  /// `usage_error` if another task acquired it; the lock is released all the same.
  void release() {
    if (lock_ == nullptr) return;
    Lock& held = *std::exchange(lock_, nullptr);
    if (!held.owned_.held_by_who_runs()) [[unlikely]]
      give_back_and_refuse(held);
    held.give_back();
  }

 private:
  [[noreturn]] static void give_back_and_refuse(Lock& held) {
    const usage_error refusal = held.owned_.foreign_release();
    held.give_back();
    throw refusal;
  }

  Lock* lock_;
};

}  // namespace crossfade::detail
