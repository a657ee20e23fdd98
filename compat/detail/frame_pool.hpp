#pragma once

#include <cstddef>

namespace crossfade::detail {

/// Recycles the memory of coroutine frames and task records, by size, per thread. Memory may be
/// given back on another thread than it was taken on. Sanitizer builds use the heap, which sees
/// misuse.
void* allocate_frame(std::size_t size);
void deallocate_frame(void* memory, std::size_t size) noexcept;

/// Gives what this thread has pooled back to the heap.
void release_pooled_frames() noexcept;

}  // namespace crossfade::detail
