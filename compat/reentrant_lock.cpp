#include "compat/reentrant_lock.hpp"

namespace crossfade {

std::optional<reentrant_lock::guard> reentrant_lock::try_acquire() {
  const detail::task_state& task = detail::task_state::current();
  if (!owned_.held_by(task) && !owned_.take_if_free(task)) return std::nullopt;
  return enter();
}

}  // namespace crossfade
