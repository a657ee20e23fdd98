#include "fiber_backend/detail/stack_slab.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>

namespace crossfade::fiber_backend::detail {

namespace {

// A frame that is larger than the guard may step over it. Address space is all that it takes.
constexpr std::size_t least_guard = std::size_t{64} * 1024;
constexpr std::size_t wanted_bytes = std::size_t{16} * 1024 * 1024;

constexpr std::array<std::uint64_t, stack_slab::canary_size / sizeof(std::uint64_t)> canary = [] {
  std::array<std::uint64_t, 8> words{};
  std::uint64_t word = 0x9e3779b97f4a7c15;
  for (auto& w : words) w = word = word * 6364136223846793005 + 1442695040888963407;
  return words;
}();

std::size_t rounded_up(std::size_t size, std::size_t unit) noexcept {
  return (size + unit - 1) / unit * unit;
}

// With an even distance the hot ends of all stacks would share a few sets of the processor's
// address cache.
std::size_t odd_pages(std::size_t size, std::size_t page) noexcept {
  return size / page % 2 == 1 ? size : size + page;
}

}  // namespace

stack_slab::shape::shape(std::size_t stack_size, guards g) noexcept
    : guarded(g),
      page(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
      guard(rounded_up(least_guard, page)),
      stack(rounded_up(std::max<std::size_t>(stack_size, 1), page)),
      stride(0) {
  if (guarded == guards::below_each) {
    stride = odd_pages(guard + stack, page);
    guard = stride - stack;
  } else {
    stride = stack = odd_pages(stack, page);
  }
}

unsigned stack_slab::shape::fitting() const noexcept {
  return static_cast<unsigned>(std::clamp<std::size_t>(wanted_bytes / stride, 1, most_stacks));
}

std::size_t stack_slab::bytes() const noexcept {
  return shape_.guard + (count_ - 1) * shape_.stride + shape_.stack;
}

stack_slab::stack_slab(const shape& s, unsigned count) : shape_(s), count_(count), free_(all()) {
  void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
  // A huge page would back a stack of which one small page is used. Kernels that have none refuse.
  madvise(memory_, bytes(), MADV_NOHUGEPAGE);
}

stack_slab::~stack_slab() { munmap(memory_, bytes()); }

char* stack_slab::take() noexcept {
  const auto index = static_cast<unsigned>(std::countr_zero(free_));
  char* lowest = lowest_of(index);
  if (index == made_) {
    if (index == 0 || guarded()) {
      if (mprotect(lowest - shape_.guard, shape_.guard, PROT_NONE) != 0) return nullptr;
    } else {
      std::memcpy(lowest - canary_size, canary.data(), canary_size);
    }
    ++made_;
  }
  free_ &= free_ - 1;
  return lowest;
}

std::size_t stack_slab::give_back(char* lowest) noexcept {
  const std::size_t used = use_of(lowest);
  // The highest page stays: the canary of the stack above lies there.
  if (used > shape_.page) madvise(lowest, shape_.stack - shape_.page, MADV_DONTNEED);
  const auto index = static_cast<std::size_t>(lowest - lowest_of(0)) / shape_.stride;
  free_ |= std::uint64_t{1} << index;
  return used;
}

std::size_t stack_slab::deepest() const noexcept {
  std::size_t most = 0;
  for (std::uint64_t used = all() & ~free_; used != 0; used &= used - 1)
    most = std::max(most, use_of(lowest_of(static_cast<unsigned>(std::countr_zero(used)))));
  return most;
}

std::size_t stack_slab::use_of(const char* lowest) const noexcept {
  std::array<unsigned char, 256> in_memory;
  const char* end = lowest + shape_.stack;
  for (const char* part = lowest; part < end;) {
    const std::size_t pages =
        std::min<std::size_t>(static_cast<std::size_t>(end - part) / shape_.page, in_memory.size());
    if (mincore(const_cast<char*>(part), pages * shape_.page, in_memory.data()) != 0) return 0;
    for (std::size_t i = 0; i < pages; ++i, part += shape_.page)
      if ((in_memory[i] & 1) != 0) return static_cast<std::size_t>(end - part);
  }
  return 0;
}

bool canary_is_intact(const char* lowest) noexcept {
  return std::memcmp(lowest - stack_slab::canary_size, canary.data(), stack_slab::canary_size) == 0;
}

}  // namespace crossfade::fiber_backend::detail
