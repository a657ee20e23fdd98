#include "compat/lock.hpp"

#include <cassert>

#include "compat/errors.hpp"

namespace crossfade {

lock::~lock() {
  assert(holder_ == 0 && waiters_.empty() && "a lock outlives its guards and waiters");
}

op<lock::guard> lock::acquire() {
  static constexpr op<guard>::rules rules{
      {.name = "a lock", .leave = &leave, .holder = &held_by}, &start, &take};
  return {rules, this};
}

bool lock::start(op<guard>& o) {
  auto& self = o.object<lock>();
  if (self.holder_ == o.task().id) {
    throw usage_error(o.task().label() +
                      " acquires a lock it already holds: release its guard first");
  }
  return self.take_or_queue(o);
}

bool lock::take_or_queue(detail::op_base& o) noexcept {
  if (holder_ == 0) {
    holder_ = o.task().id;
    return true;
  }
  waiters_.push(o);
  return false;
}

lock::guard lock::take(op<guard>& o) { return guard(o.object<lock>()); }

bool lock::leave(detail::op_base& o) noexcept {
  static_cast<op<guard>&>(o).object<lock>().waiters_.remove(o);
  return true;
}

std::uint64_t lock::held_by(const detail::op_base& o) noexcept {
  return static_cast<const op<guard>&>(o).object<lock>().holder_;
}

void lock::hand_over() noexcept {
  // Hand over instead of unlocking. Other tasks run between the wake and the waiter's turn; a lock
  // that looked free in that gap would let them in ahead of the queue.
  holder_ = 0;
  if (waiters_.empty()) return;
  detail::op_base& next = waiters_.pop();
  holder_ = next.task().id;
  next.complete();
}

}  // namespace crossfade
