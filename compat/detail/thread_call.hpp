#pragma once

#include <optional>

#include "compat/clock.hpp"
#include "compat/detail/context.hpp"

namespace crossfade::detail {

/// What a function that `to_thread` runs sees of the task that waits for it.
struct thread_call {
  context variables;
  std::optional<time_point> deadline;
};

/// The call that this thread of a pool runs, null elsewhere.
inline constinit thread_local const thread_call* this_thread_call = nullptr;

}  // namespace crossfade::detail
