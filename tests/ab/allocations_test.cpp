#include "benchmarks/ab/detail/allocations.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

namespace crossfade::ab::detail {
namespace {

constexpr auto wide = static_cast<std::align_val_t>(256);

/// How often `f` allocates. Calls of the operators themselves: those of an expression may be left
/// out by the compiler.
template <class F>
std::uint64_t allocations_of(F&& f) {
  const std::uint64_t before = allocations();
  f();
  return allocations() - before;
}

TEST(AllocationsTest, EachFormCountsOnce) {
  EXPECT_EQ(allocations_of([] {}), 0U);
  EXPECT_EQ(allocations_of([] { operator delete(operator new(8)); }), 1U);
  EXPECT_EQ(allocations_of([] { operator delete[](operator new[](8)); }), 1U);
  EXPECT_EQ(allocations_of([] { operator delete(operator new(8, std::nothrow)); }), 1U);
  EXPECT_EQ(allocations_of([] { operator delete[](operator new[](8, std::nothrow)); }), 1U);
  EXPECT_EQ(allocations_of([] { operator delete(operator new(8, wide), wide); }), 1U);
  EXPECT_EQ(allocations_of([] { operator delete[](operator new[](8, wide), wide); }), 1U);
  EXPECT_EQ(allocations_of([] { operator delete(operator new(8, wide, std::nothrow), wide); }), 1U);
}

TEST(AllocationsTest, MemoryIsAlignedAndNeverTheSame) {
  for (const std::size_t size : {0, 1, 255, 256, 257}) {
    void* const one = operator new(size, wide);
    void* const other = operator new(size, wide);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one) % 256, 0U);
    EXPECT_NE(one, other);
    operator delete(one, wide);
    operator delete(other, wide);
  }
}

TEST(AllocationsTest, WhatCannotBeIsRefusedAsTheStandardAsks) {
  const volatile auto most = static_cast<std::size_t>(-1);
  EXPECT_THROW(operator delete(operator new(most, wide), wide), std::bad_alloc);
  EXPECT_EQ(operator new(most, wide, std::nothrow), nullptr);
}

TEST(AllocationsTest, AllThreadsCount) {
  constexpr unsigned count = 100;  // more than there are places to count in
  constexpr unsigned each = 200;
  const std::uint64_t made = allocations_of([] {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; ++i) {
      threads.emplace_back([] {
        for (unsigned k = 0; k < each; ++k) operator delete(operator new(16));
      });
    }
    for (std::thread& one : threads) one.join();
  });
  EXPECT_GE(made, count * each);
  EXPECT_LE(made, count * (each + 20));  // what a thread itself takes
}

}  // namespace
}  // namespace crossfade::ab::detail
