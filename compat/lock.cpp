#include "compat/lock.hpp"

namespace crossfade {

std::optional<lock::guard> lock::try_acquire() {
  if (!owned_.take_if_free(detail::task_state::current())) return std::nullopt;
  return enter();
}

bool lock::queue_up(detail::op_base& o) {
  if (owned_.held_by(o.task())) {
    throw usage_error(o.task().label() +
                      " acquires a lock it already holds: release its guard first, or use a "
                      "reentrant_lock");
  }
  return owned_.take_or_queue(o);
}

}  // namespace crossfade
