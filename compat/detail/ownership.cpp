#include "compat/detail/ownership.hpp"

namespace crossfade::detail {

void ownership::promise_to_next() noexcept {
  // Hand over instead of unlocking. Other tasks run between the wake and the waiter's turn; a lock
  // that looked free in that gap would let them in ahead of the queue.
  op_base& next = waiters_.pop();
  holder_ = next.task().id;
  next.complete();
}

usage_error ownership::foreign_release() const {
  return usage_error(who_runs() + " releases a guard of " + who_is(holder_) +
                     ": a guard stays with the task that acquired it; pass on the permit of a "
                     "semaphore instead");
}

}  // namespace crossfade::detail
