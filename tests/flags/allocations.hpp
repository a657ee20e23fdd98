#pragma once

#include <cstddef>

namespace crossfade::flags {

/// How often this thread has called `operator new` so far; this program replaces it to count.
std::size_t allocations() noexcept;

}  // namespace crossfade::flags
