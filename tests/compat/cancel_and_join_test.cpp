#include "compat/cancel_and_join.hpp"

#include <string>
#include <vector>

#include "compat/event.hpp"
#include "compat/shield.hpp"
#include "compat/spawn.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

class CancelAndJoinTest : public pair_test {
 protected:
  event never_;
};

TEST_P(CancelAndJoinTest, EndsAllAndLeavesNone) {
  std::string order;
  run([&](task_group& group) -> task<> {
    auto waits = [&](char name) -> task<> {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
        order += name;
        throw;
      }
    };
    auto one = a().spawn(group, waits, '1');
    auto two = b().spawn(group, waits, '2');
    co_await settle();
    EXPECT_TRUE((co_await cancel_and_join(1s, one, two)).empty());
    EXPECT_TRUE(one.done());
    EXPECT_TRUE(two.done());
    EXPECT_EQ(loop_.now().time_since_epoch(), 0s);  // nobody waited for the grace
  });
  EXPECT_EQ(order, "12");
}

TEST_P(CancelAndJoinTest, GivesThoseThatHaveNotEndedInTime) {
  event release;
  run([&](task_group& group) -> task<> {
    auto one = a().spawn(group, [&]() -> task<> { co_await never_.wait(); });
    auto stubborn = b().spawn(group, [&]() -> task<> {
      auto critical = [&]() -> task<> { co_await release.wait(); };
      co_await shield(critical);
    });
    co_await settle();
    const auto survivors = co_await cancel_and_join(10ms, one, stubborn);
    EXPECT_EQ(loop_.now().time_since_epoch(), 10ms);
    EXPECT_EQ(survivors.size(), 1U);
    for (const task_info& survivor : survivors) {
      EXPECT_EQ(survivor.id, stubborn.id());
      EXPECT_EQ(survivor.waiting_for, "an event");
    }
    EXPECT_TRUE(one.done());
    release.set();
  });
}

class CancelAndJoinOneTest : public cell_test {
 protected:
  event never_;
};

TEST_P(CancelAndJoinOneTest, TakesAVectorAndPassesOverHandlesWithoutATask) {
  run([&]() -> task<> {
    std::vector<handle<int>> handles(1);
    for (int i = 0; i < 3; ++i) {
      handles.push_back(spawn([&]() -> task<int> {
        co_await never_.wait();
        co_return 1;
      }));
    }
    co_await checkpoint();
    EXPECT_TRUE((co_await cancel_and_join(1s, handles)).empty());
  });
}

TEST_P(CancelAndJoinOneTest, LeavesValuesAndFailuresWithTheHandles) {
  run([&]() -> task<> {
    auto fine = spawn([]() -> task<int> { co_return 7; });
    auto bad = spawn([]() -> task<> {
      co_await checkpoint();
      throw std::runtime_error("bad");
    });
    co_await checkpoint();
    co_await checkpoint();
    EXPECT_TRUE((co_await cancel_and_join(1s, fine, bad)).empty());
    EXPECT_EQ(co_await fine.join(), 7);
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await bad.join(); }), "exception: bad");
  });
}

TEST_P(CancelAndJoinOneTest, CancelledCallerLeaves) {
  event release;
  run([&]() -> task<> {
    auto stubborn = spawn([&]() -> task<> {
      auto critical = [&]() -> task<> { co_await release.wait(); };
      co_await shield(critical);
    });
    co_await checkpoint();
    auto stopper = spawn([&]() -> task<> { co_await cancel_and_join(1h, stubborn); });
    co_await checkpoint();
    stopper.cancel();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await stopper.join(); }),
                testing::StartsWith("task_cancelled"));
    EXPECT_FALSE(stubborn.done());
    release.set();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await stubborn.join(); }),
                testing::StartsWith("nothing thrown"));
  });
  EXPECT_EQ(take_reports().size(), 0U);
}

TEST_P(CancelAndJoinOneTest, TaskThatStopsItselfIsRefused) {
  run([&]() -> task<> {
    handle<> self = spawn([&]() -> task<> { co_await cancel_and_join(1s, self); });
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await self.join(); }),
                testing::StartsWith("task_cancelled"));
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, CancelAndJoinTest, cell_pairs(), pair_name);
INSTANTIATE_TEST_SUITE_P(Hosts, CancelAndJoinOneTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
