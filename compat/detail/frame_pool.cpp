#include "compat/detail/frame_pool.hpp"

#include <cstdint>
#include <utility>

namespace crossfade::detail {

namespace {

// Lies at a multiple of this, so that a block finds its chunk. Pages that nothing was cut from take
// no memory; the heap touches two for each chunk.
constexpr std::size_t chunk_size = std::size_t{1024} * 1024;

}  // namespace

// The heap keeps a header for each piece and pads it to its alignment: for a record of 320 bytes,
// another 64.
struct alignas(frame_pool::granule) frame_pool::chunk {
  chunk* next;
  const frame_pool* owner;
  std::size_t cut = sizeof(chunk);       // where the next block begins
  std::size_t returned = sizeof(chunk);  // while the pool is released: the header and free blocks

  static chunk* of(void* block) noexcept {
    const auto offset = reinterpret_cast<std::uintptr_t>(block) % chunk_size;
    return reinterpret_cast<chunk*>(static_cast<char*>(block) - offset);
  }
  bool is_free() const noexcept { return returned == cut; }
};

void* cut_new_frame(std::size_t size_class) {
  frame_pool& pool = this_frame_pool;
  const std::size_t size = frame_pool::size_of(size_class);
  if (pool.chunks == nullptr || pool.chunks->cut + size > chunk_size) {
    void* memory = ::operator new(chunk_size, std::align_val_t{chunk_size});
    pool.chunks = new (memory) frame_pool::chunk{pool.chunks, &pool};
  }
  return reinterpret_cast<char*>(pool.chunks) +
         std::exchange(pool.chunks->cut, pool.chunks->cut + size);
}

void* allocate_single_frame(std::size_t size) {
  return ::operator new(size, std::align_val_t{frame_pool::granule});
}

void deallocate_single_frame(void* memory) noexcept {
  ::operator delete(memory, std::align_val_t{frame_pool::granule});
}

void release_pooled_frames() noexcept {
  frame_pool& pool = this_frame_pool;
  // Another thread may be cutting from its own.
  const auto is_ours = [&](void* block) { return frame_pool::chunk::of(block)->owner == &pool; };
  for (std::size_t c = 0; c < frame_pool::classes; ++c) {
    for (frame_pool::block* b = pool.free[c]; b != nullptr; b = b->next)
      if (is_ours(b)) frame_pool::chunk::of(b)->returned += frame_pool::size_of(c);
  }
  for (frame_pool::block*& head : pool.free) {
    for (frame_pool::block** link = &head; *link != nullptr;) {
      frame_pool::block* b = *link;
      if (is_ours(b) && frame_pool::chunk::of(b)->is_free()) {
        *link = b->next;
      } else {
        link = &b->next;
      }
    }
  }
  for (frame_pool::chunk** link = &pool.chunks; *link != nullptr;) {
    frame_pool::chunk* c = *link;
    if (c->is_free()) {
      *link = c->next;
      ::operator delete(c, std::align_val_t{chunk_size});
    } else {
      c->returned = sizeof(frame_pool::chunk);
      link = &c->next;
    }
  }
}

}  // namespace crossfade::detail
