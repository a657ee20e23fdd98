#pragma once

#include <string>

namespace crossfade {
class loop;
}

namespace crossfade::fiber_backend {

/// The tree of all tasks of a loop that have not ended, each below who spawned it: its name, where
/// it was spawned, and what it waits for. A line each.
///
/// Threads: the loop's only. Source: gevent.util.format_run_info. Differs: coroutines are shown as
/// well; greenlets that were never started are not; of a stack only what it waits for.
std::string format_run_info(const loop& of);

}  // namespace crossfade::fiber_backend
