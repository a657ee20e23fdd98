#pragma once

#include "tool/common.hpp"

namespace crossfade::tool {

/// Tells of each effective change, and of each refusal, until SIGINT or SIGTERM.
/// Threads: the first call of the program, before there are other threads, for they inherit which
/// signals are blocked.
status watch(const common& options);

}  // namespace crossfade::tool
