#pragma once

#include <cstddef>
#include <cstdint>

#include "compat/lock.hpp"
#include "compat/op.hpp"

namespace crossfade {

namespace detail {
class condition_op;
}

/// Lets tasks that hold a lock wait until another task has changed what the lock protects.
///
/// Order: FIFO; a notified waiter goes to the end of the lock's queue. Cancellation: a cancelled
/// waiter takes the lock again before it throws, so its guard stays true; one that had been
/// notified before returns normally and is cancelled at its next wait, so no notification is lost.
/// Threads: the loop's only. Lifetime: outlives its waiters, the destructor ends the program
/// otherwise; the lock outlives it. Throws: `usage_error` if the caller does not hold the lock.
/// Source: asyncio.Condition. Differs: bound to a lock of the caller's, which it keeps through its
/// own guard.
class condition {
 public:
  explicit condition(lock& protecting) noexcept : lock_(protecting) {}
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;
  ~condition();

  /// Releases the lock, waits to be notified, and holds the lock again.
  [[nodiscard]] detail::condition_op wait();

  void notify_one() { notify(1); }
  void notify(std::size_t count);
  void notify_all() { notify(static_cast<std::size_t>(-1)); }

 private:
  friend detail::condition_op;
  void require_held(const char* call) const;

  lock& lock_;
  detail::wait_queue waiters_;
};

namespace detail {

class condition_op final : public waitable<condition_op> {
 public:
  condition_op(condition& c, lock& l) noexcept : waitable(rules_of_this), condition_(c), lock_(l) {}

 private:
  friend class crossfade::condition;
  friend waitable<condition_op>;
  static const wait_rules rules_of_this;
  static bool leave(op_base& o) noexcept;
  static std::uint64_t held_by(const op_base& o) noexcept;

  bool start();
  void begin_to_want_lock() noexcept;
  void take() const noexcept {}

  condition& condition_;
  lock& lock_;
  bool wants_lock_ =
      false;  // notified or interrupted: it stands in the lock's queue, or has the lock
};

}  // namespace detail

}  // namespace crossfade
