#include "compat/detail/frame_pool.hpp"

#include <new>

namespace crossfade::detail {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool pooled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool pooled = false;
#else
constexpr bool pooled = true;
#endif
#else
constexpr bool pooled = true;
#endif

constexpr std::size_t granule = 64;
constexpr std::size_t classes = 32;  // up to 2 KiB; larger frames are rare

struct free_block {
  free_block* next;
};

constinit thread_local free_block* free_blocks[classes] = {};

constexpr std::size_t class_of(std::size_t size) noexcept { return (size - 1) / granule; }

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t c = class_of(size);
  if (!pooled || c >= classes) return ::operator new(size);
  if (free_block* block = free_blocks[c]) {
    free_blocks[c] = block->next;
    return block;
  }
  return ::operator new((c + 1) * granule);
}

void deallocate_frame(void* memory, std::size_t size) noexcept {
  const std::size_t c = class_of(size);
  if (!pooled || c >= classes) {
    ::operator delete(memory);
    return;
  }
  free_blocks[c] = new (memory) free_block{free_blocks[c]};
}

void release_pooled_frames() noexcept {
  for (free_block*& head : free_blocks) {
    while (head != nullptr) {
      free_block* block = head;
      head = block->next;
      ::operator delete(block);
    }
  }
}

}  // namespace crossfade::detail
