#pragma once

#include <vector>

#include "compat/detail/stack_sampler.hpp"
#include "compat/stall_watch.hpp"

namespace crossfade::detail {

/// The names of the calls in a sample, the innermost first. Not in a signal handler.
std::vector<stack_frame> frames_of(const stack_sample& sample);

}  // namespace crossfade::detail
