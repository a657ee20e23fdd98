#include "compat/condition.hpp"

#include <cassert>

#include "compat/errors.hpp"

namespace crossfade {

condition::~condition() { assert(waiters_.empty() && "a condition outlives its waiters"); }

detail::condition_op condition::wait() { return detail::condition_op(*this); }

void condition::notify(std::size_t count) {
  require_held("notify");
  for (; count > 0 && !waiters_.empty(); --count) {
    auto& waiter = static_cast<detail::condition_op&>(waiters_.pop());
    waiter.wants_lock_ = true;
    lock_.waiters_.push(waiter);  // the caller holds the lock, so the waiter cannot have it yet
  }
}

void condition::require_held(const char* call) const {
  const detail::task_state& caller = detail::task_state::current();
  if (lock_.holder_ != caller.id) {
    throw usage_error("condition::" + std::string(call) + ": " + caller.label() +
                      " does not hold the condition's lock: acquire it first");
  }
}

namespace detail {

const wait_rules condition_op::rules_of_this{
    .name = "a condition", .leave = &leave, .holder = nullptr};

bool condition_op::start() {
  condition_.require_held("wait");
  condition_.waiters_.push(*this);
  condition_.lock_.hand_over();
  return false;
}

bool condition_op::leave(op_base& o) noexcept {
  auto& self = static_cast<condition_op&>(o);
  // Notified already: it ends as a notified waiter does, and the interruption comes at its next
  // wait.
  if (self.wants_lock_) return false;
  self.wants_lock_ = true;
  self.condition_.waiters_.remove(self);
  // The guard that the waiter left on its stack must be true again before the exception reaches it.
  if (self.condition_.lock_.take_or_queue(self)) return true;
  self.interrupt_on_completion();
  return false;
}

}  // namespace detail

}  // namespace crossfade
