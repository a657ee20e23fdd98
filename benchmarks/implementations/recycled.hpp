#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace crossfade::benchmarks {

/// The least that memory can cost: free blocks by size, in steps of a cache line up to 2 KiB. Never
/// given back.
class recycled {
 public:
  static void* take(std::size_t size) {
    link*& free = list(size);
    if (free == nullptr) return ::operator new(rounded(size));
    return std::exchange(free, free->next);
  }
  static void give(void* memory, std::size_t size) {
    link*& free = list(size);
    free = new (memory) link{free};
  }

 private:
  struct link {
    link* next;
  };

  static constexpr std::size_t rounded(std::size_t size) { return (size + 63) / 64 * 64; }
  static link*& list(std::size_t size) {
    static std::array<link*, 33> lists{};
    return lists.at(rounded(size) / 64);
  }
};

}  // namespace crossfade::benchmarks
