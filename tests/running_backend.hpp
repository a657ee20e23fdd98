#pragma once

#include "compat/detail/task_state.hpp"

#include <string>

namespace crossfade {

/// The name of the backend that carries the running task.
inline std::string backend_of_running_task() {
  return std::string(detail::task_state::current().carrier->name());
}

}  // namespace crossfade
