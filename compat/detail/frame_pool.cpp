#include "compat/detail/frame_pool.hpp"

namespace crossfade::detail {

namespace {

constexpr auto cache_line = std::align_val_t{frame_pool::granule};

}  // namespace

void* allocate_new_frame(std::size_t size) { return ::operator new(size, cache_line); }

void deallocate_old_frame(void* memory) noexcept { ::operator delete(memory, cache_line); }

void release_pooled_frames() noexcept {
  for (frame_pool::block*& head : this_frame_pool.free) {
    while (head != nullptr) {
      frame_pool::block* block = head;
      head = block->next;
      deallocate_old_frame(block);
    }
  }
}

}  // namespace crossfade::detail
