#pragma once

#include <cstdint>

namespace crossfade::ab::detail {

/// How often operator new was called, in any of its forms, by all threads since the program began.
///
/// What another thread has just counted may be missing. A program that calls this, as each does
/// that runs a session, has operator new and delete replaced by ours, which count and leave the
/// rest to malloc. Threads: any.
std::uint64_t allocations() noexcept;

}  // namespace crossfade::ab::detail
