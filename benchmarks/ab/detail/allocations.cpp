#include "benchmarks/ab/detail/allocations.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace crossfade::ab::detail {
namespace {

// Threads count in different places, so that they do not wait for each other's cache line. A place
// belongs to nobody: there is nothing to do when a thread ends, after which it may still allocate.
struct alignas(64) tally_place {
  std::atomic<std::uint64_t> calls{0};
};
constexpr std::size_t place_count = 64;
constinit std::array<tally_place, place_count> places;
constinit std::atomic<std::size_t> threads_placed{0};
constinit thread_local std::atomic<std::uint64_t>* own_place = nullptr;

void count_call() noexcept {
  if (own_place == nullptr) [[unlikely]] {
    const std::size_t next = threads_placed.fetch_add(1, std::memory_order_relaxed);
    own_place = &places[next % place_count].calls;
  }
  own_place->fetch_add(1, std::memory_order_relaxed);
}

/// As the standard asks of operator new, over `allocate`, which gives null for none.
template <class Allocate>
void* counted(const Allocate& allocate) {
  count_call();
  while (true) {
    if (void* const memory = allocate()) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* counted(std::size_t size) {
  return counted([=] { return std::malloc(size == 0 ? 1 : size); });
}

void* counted(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  if (size > static_cast<std::size_t>(-1) - step) throw std::bad_alloc();
  // A multiple of the alignment, and not none.
  const std::size_t whole = (size / step + (size % step != 0 || size == 0 ? 1 : 0)) * step;
  return counted([=] { return std::aligned_alloc(step, whole); });
}

}  // namespace

std::uint64_t allocations() noexcept {
  std::uint64_t all = 0;
  for (const tally_place& one : places) all += one.calls.load(std::memory_order_relaxed);
  return all;
}

}  // namespace crossfade::ab::detail

namespace {

using crossfade::ab::detail::counted;

template <class... Alignment>
void* counted_or_null(std::size_t size, Alignment... alignment) noexcept {
  try {
    return counted(size, alignment...);
  } catch (...) {
    return nullptr;
  }
}

}  // namespace

// All forms: those that the library makes of others are a sanitizer's own where there is one.
using std::align_val_t;
using std::nothrow_t;
void* operator new(std::size_t n) { return counted(n); }
void* operator new[](std::size_t n) { return counted(n); }
void* operator new(std::size_t n, align_val_t a) { return counted(n, a); }
void* operator new[](std::size_t n, align_val_t a) { return counted(n, a); }
void* operator new(std::size_t n, const nothrow_t&) noexcept { return counted_or_null(n); }
void* operator new[](std::size_t n, const nothrow_t&) noexcept { return counted_or_null(n); }
void* operator new(std::size_t n, align_val_t a, const nothrow_t&) noexcept {
  return counted_or_null(n, a);
}
void* operator new[](std::size_t n, align_val_t a, const nothrow_t&) noexcept {
  return counted_or_null(n, a);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, align_val_t) noexcept { std::free(p); }
void operator delete(void* p, const nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p, align_val_t, const nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, align_val_t, const nothrow_t&) noexcept { std::free(p); }
