#include "compat/condition.hpp"

#include "compat/detail/misuse.hpp"
#include "compat/errors.hpp"

namespace crossfade {

condition::~condition() { detail::require_no_waiters("a condition", waiters_); }

detail::condition_op condition::wait() { return {*this, lock_}; }

void condition::notify(std::size_t count) {
  require_held("notify");
  for (; count > 0 && !waiters_.empty(); --count) {
    auto& waiter = static_cast<detail::condition_op&>(waiters_.pop());
    waiter.begin_to_want_lock();
    lock_.owned_.take_or_queue(waiter);  // queues: the caller holds the lock
  }
}

void condition::require_held(const char* call) const {
  const detail::task_state& caller = detail::task_state::current();
  if (!lock_.owned_.held_by(caller)) {
    throw usage_error("condition::" + std::string(call) + ": " + caller.label() +
                      " does not hold the condition's lock, held by " +
                      detail::who_is(lock_.holder()) + ": acquire it first");
  }
}

namespace detail {

const wait_rules condition_op::rules_of_this{
    .name = "a condition", .leave = &leave, .holder = &held_by};

bool condition_op::start() {
  condition_.require_held("wait");
  condition_.waiters_.push(*this);
  lock_.owned_.hand_over();
  return false;
}

bool condition_op::leave(op_base& o) noexcept {
  auto& self = static_cast<condition_op&>(o);
  // Notified already: it ends as a notified waiter does, and the interruption comes at its next
  // wait.
  if (self.wants_lock_) return false;
  self.begin_to_want_lock();
  self.condition_.waiters_.remove(self);
  // The guard that the waiter left on its stack must be true again before the exception reaches it.
  if (self.lock_.owned_.take_or_queue(self)) return true;
  self.interrupt_on_completion();
  return false;
}

void condition_op::begin_to_want_lock() noexcept {
  wants_lock_ = true;
  task().waiting_since = task().sched->coarse_now;  // who holds the lock holds it up from here on
}

std::uint64_t condition_op::held_by(const op_base& o) noexcept {
  const auto& self = static_cast<const condition_op&>(o);
  return self.wants_lock_ ? self.lock_.holder() : 0;
}

}  // namespace detail

}  // namespace crossfade
