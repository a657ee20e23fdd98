#pragma once

#include <chrono>

namespace crossfade {

/// A length of time. Any `std::chrono` literal converts to it.
using duration = std::chrono::nanoseconds;

/// A point on a loop's time line: steady, never set back. Under a virtual clock it moves only when
/// every task waits.
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

}  // namespace crossfade
