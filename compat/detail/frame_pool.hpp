#pragma once

#include <cstddef>
#include <new>

namespace crossfade::detail {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool frames_are_pooled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool frames_are_pooled = false;
#else
inline constexpr bool frames_are_pooled = true;
#endif
#else
inline constexpr bool frames_are_pooled = true;
#endif

/// Free memory of one thread, by size, cut from larger chunks. Blocks begin at a cache line: what a
/// turn touches of a task lies in its first.
struct frame_pool {
  struct block {
    block* next;
  };
  struct chunk;
  static constexpr std::size_t granule = 64;
  static constexpr std::size_t classes = 32;  // up to 2 KiB; larger frames are rare
  static constexpr std::size_t class_of(std::size_t size) noexcept { return (size - 1) / granule; }
  static constexpr std::size_t size_of(std::size_t c) noexcept { return (c + 1) * granule; }

  block* free[classes];
  chunk* chunks;  // that were made on this thread; new blocks are cut from the first
};
inline constinit thread_local frame_pool this_frame_pool{};

/// A block of a class that has none free.
void* cut_new_frame(std::size_t size_class);
/// What is too large for a class, or never pooled.
void* allocate_single_frame(std::size_t size);
void deallocate_single_frame(void* memory) noexcept;

/// Recycles the memory of coroutine frames and task records, by size, per thread. Memory may be
/// given back on another thread than it was taken on. Sanitizer builds use the heap, which sees
/// misuse.
inline void* allocate_frame(std::size_t size) {
  const std::size_t c = frame_pool::class_of(size);
  if (!frames_are_pooled || c >= frame_pool::classes) return allocate_single_frame(size);
  frame_pool::block* block = this_frame_pool.free[c];
  if (block == nullptr) [[unlikely]]
    return cut_new_frame(c);
  this_frame_pool.free[c] = block->next;
  return block;
}

inline void deallocate_frame(void* memory, std::size_t size) noexcept {
  const std::size_t c = frame_pool::class_of(size);
  if (!frames_are_pooled || c >= frame_pool::classes) {
    deallocate_single_frame(memory);
    return;
  }
  this_frame_pool.free[c] = new (memory) frame_pool::block{this_frame_pool.free[c]};
}

/// Gives what this thread has pooled back to the heap, but for the chunks of which something is in
/// use, or lies in another thread's pool.
void release_pooled_frames() noexcept;

}  // namespace crossfade::detail
