#include "fiber_backend/detail/stack_pool.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "test_kit/loop_test.hpp"

namespace crossfade::fiber_backend::detail {
namespace {

constexpr std::size_t stack_size = std::size_t{64} * 1024;
constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

bool is_mapped(const char* address) {
  unsigned char in_memory = 0;
  return mincore(const_cast<char*>(address), page, &in_memory) == 0;
}

bool is_in_memory(const char* address) {
  unsigned char in_memory = 0;
  return mincore(const_cast<char*>(address), page, &in_memory) == 0 && (in_memory & 1) != 0;
}

class StackPoolTest : public testing::TestWithParam<std::size_t> {
 public:
  ~StackPoolTest() override {
    for (const stack_pool::stack& s : out_) pool_.give_back(s);
  }

 protected:
  const stack_pool::stack& take() { return out_.emplace_back(pool_.take()); }
  void give_back(std::size_t index) {
    pool_.give_back(out_[index]);
    out_.erase(out_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  static char* top(const stack_pool::stack& s) { return s.lowest + s.size; }

  stack_pool pool_{stack_size, GetParam()};
  std::vector<stack_pool::stack> out_;
};

std::string guards_name(const testing::TestParamInfo<std::size_t>& info) {
  if (info.param == all) return "guarded";
  return info.param == 0 ? "unguarded" : "mixed";
}
INSTANTIATE_TEST_SUITE_P(, StackPoolTest, testing::Values(all, 0U, 70U), guards_name);

TEST_P(StackPoolTest, StacksAreWritableAndApart) {
  constexpr int count = 200;
  for (int i = 0; i < count; ++i) {
    const stack_pool::stack& s = take();
    EXPECT_GE(s.size, stack_size);
    std::memset(s.lowest, i, s.size - stack_slab::canary_size);
  }
  for (int i = 0; i < count; ++i) {
    const stack_pool::stack& s = out_[static_cast<std::size_t>(i)];
    EXPECT_EQ(static_cast<unsigned char>(s.lowest[0]), i);
    EXPECT_EQ(std::memcmp(s.lowest, s.lowest + 1, s.size - stack_slab::canary_size - 1), 0);
    EXPECT_TRUE(s.guard != 0 || canary_is_intact(s.lowest));
  }
  EXPECT_EQ(pool_.guarded() + pool_.unguarded(), 200U);
}

TEST_P(StackPoolTest, OneThatWasGivenBackIsTakenAgain) {
  std::set<const char*> before;
  for (int i = 0; i < 100; ++i) before.insert(take().lowest);
  for (int i = 0; i < 30; ++i) give_back(static_cast<std::size_t>(i));
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(before.contains(take().lowest));
  EXPECT_EQ(pool_.guarded() + pool_.unguarded(), 100U);
}

TEST_P(StackPoolTest, MemoryGoesBackToTheKernelWithTheLastOfItsSlab) {
  std::vector<const char*> places;
  for (int i = 0; i < 200; ++i) places.push_back(take().lowest);
  while (!out_.empty()) give_back(out_.size() / 2);
  for (const char* place : places) EXPECT_FALSE(is_mapped(place));
}

TEST_P(StackPoolTest, PagesThatWereUsedGoBackToTheKernelAtOnce) {
  take();
  const stack_pool::stack s = take();
  std::memset(s.lowest, 1, s.size);
  give_back(1);
  EXPECT_TRUE(is_mapped(s.lowest));
  for (const char* p = s.lowest; p < top(s) - page; p += page) EXPECT_FALSE(is_in_memory(p));
}

TEST_P(StackPoolTest, DeepestIsWhatWasUsedInWholePages) {
  EXPECT_EQ(pool_.deepest(), 0U);
  for (int i = 0; i < 3; ++i) top(take())[-100] = 1;
  EXPECT_EQ(pool_.deepest(), page);
  *(top(out_[1]) - 2 * page) = 1;
  EXPECT_EQ(pool_.deepest(), 2 * page);
  *(top(out_[2]) - 2 * page - 1) = 1;
  EXPECT_EQ(pool_.deepest(), 3 * page);
}

TEST_P(StackPoolTest, DeepestRemembersStacksGivenBack) {
  take();
  *(top(take()) - 5 * page) = 1;
  give_back(1);
  EXPECT_EQ(pool_.deepest(), 5 * page);
  give_back(0);
  EXPECT_EQ(pool_.deepest(), 5 * page);
}

TEST_P(StackPoolTest, TouchesNoMoreThanTheHighestPage) {
  for (int i = 0; i < 100; ++i) {
    const stack_pool::stack& s = take();
    for (const char* p = s.lowest; p < top(s) - page; p += page) EXPECT_FALSE(is_in_memory(p));
  }
}

TEST_P(StackPoolTest, CannotBeHadIfThereIsNoMemory) {
  stack_pool huge(std::size_t{1} << 60, GetParam());
  EXPECT_THROW(huge.take(), std::bad_alloc);
  EXPECT_EQ(huge.guarded() + huge.unguarded(), 0U);
}

TEST(StackSlabTest, EachFaultsBelowWhereEachIsGuarded) {
  stack_pool pool(stack_size, all);
  for (int i = 0; i < 3; ++i) {
    const stack_pool::stack s = pool.take();
    EXPECT_GE(s.guard, std::size_t{64} * 1024);
    EXPECT_DEATH(s.lowest[-1] = 1, "");
    EXPECT_DEATH(*(s.lowest - s.guard) = 1, "");
    pool.give_back(s);
  }
}

TEST(StackSlabTest, LowestFaultsBelowWhereOthersHaveACanary) {
  stack_pool pool(stack_size, 0);
  const stack_pool::stack lowest = pool.take();
  const stack_pool::stack above = pool.take();
  EXPECT_GE(lowest.guard, std::size_t{64} * 1024);
  EXPECT_DEATH(lowest.lowest[-1] = 1, "");
  EXPECT_EQ(above.guard, 0U);
  EXPECT_TRUE(canary_is_intact(above.lowest));
  pool.give_back(above);
  pool.give_back(lowest);
}

TEST(StackSlabTest, CanarySeesAnyByteWrittenBelow) {
  stack_pool pool(stack_size, 0);
  const stack_pool::stack lowest = pool.take();
  const stack_pool::stack above = pool.take();
  for (std::size_t i = 1; i <= stack_slab::canary_size; ++i) {
    *(above.lowest - i) ^= 1;
    EXPECT_FALSE(canary_is_intact(above.lowest));
    *(above.lowest - i) ^= 1;
    EXPECT_TRUE(canary_is_intact(above.lowest));
  }
  pool.give_back(above);
  pool.give_back(lowest);
}

// Also when there are several pools.
TEST(StackPoolLimitTest, LeavesHalfOfTheKernelsMapsToOthers) {
  std::size_t limit = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> limit;
  if (limit == 0 || limit > 300'000) GTEST_SKIP() << "it would take too long to get there";
  stack_pool one(page, all);
  stack_pool other(page, all);
  std::vector<stack_pool::stack> ones;
  std::vector<stack_pool::stack> others;
  while (one.unguarded() == 0 && other.unguarded() == 0) {
    ones.push_back(one.take());
    others.push_back(other.take());
  }
  EXPECT_LE(one.guarded() + other.guarded(), limit / 4);
  EXPECT_GT(one.guarded() + other.guarded(), limit / 4 - 2 * stack_slab::most_stacks);
  for (const auto& s : ones) one.give_back(s);
  for (const auto& s : others) other.give_back(s);
  const stack_pool::stack again = one.take();
  EXPECT_EQ(one.guarded(), 1U);
  one.give_back(again);
}

}  // namespace
}  // namespace crossfade::fiber_backend::detail
