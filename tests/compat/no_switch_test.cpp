#include "compat/no_switch.hpp"

#include <string>

#include "compat/lock.hpp"
#include "compat/on_fiber.hpp"
#include "compat/spawn.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::MatchesRegex;

using NoSwitchTest = cell_test;

TEST_P(NoSwitchTest, RefusesEachWaitInItsScopeAlsoOneThatIsReady) {
  run([]() -> task<> {
    lock free;
    auto waits = [&]() -> task<> {
      const assert_no_switch here;
      auto guard = co_await free.acquire();
    };
    EXPECT_THAT(co_await outcome_of(waits),
                MatchesRegex("usage_error: task .* waits where assert_no_switch at .*no_switch_test"
                             ".cpp:[0-9]+ says that nobody else runs: .*"));
    EXPECT_FALSE(free.is_held());
    auto yields = []() -> task<> {
      const assert_no_switch here;
      co_await checkpoint();
    };
    EXPECT_THAT(co_await outcome_of(yields), testing::StartsWith("usage_error"));
  });
}

TEST_P(NoSwitchTest, ReachesWhatIsCalled) {
  run([]() -> task<> {
    auto called = []() -> task<> { co_await sleep(1ms); };
    auto blocking = [&] { await(called()); };
    auto calls = [&]() -> task<> {
      const assert_no_switch here;
      co_await on_fiber(blocking);
    };
    EXPECT_THAT(co_await outcome_of(calls), testing::StartsWith("usage_error"));
  });
}

TEST_P(NoSwitchTest, EndsWithItsScope) {
  run([]() -> task<> {
    {
      const assert_no_switch outer;
      { const assert_no_switch inner; }
      EXPECT_THAT(co_await outcome_of([]() -> task<> { co_await checkpoint(); }),
                  testing::StartsWith("usage_error"));
    }
    co_await checkpoint();
  });
}

TEST_P(NoSwitchTest, LeavesACancellationForTheNextWait) {
  std::string order;
  run([&]() -> task<> {
    handle<> victim = spawn([&]() -> task<> {
      {
        const assert_no_switch here;
        victim.cancel();
        order += 'n';
      }
      order += 'e';
      co_await checkpoint();
      order += '!';
    });
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await victim.join(); }),
                testing::StartsWith("task_cancelled"));
  });
  EXPECT_EQ(order, "ne");
}

TEST_P(NoSwitchTest, IsOfOneTaskOnly) {
  run([&]() -> task<> {
    auto other = spawn([]() -> task<> { co_await checkpoint(); });
    const auto guarded = [] { const assert_no_switch here; };
    guarded();
    co_await other.join();
  });
}

TEST_P(NoSwitchTest, BorrowedObjectStaysWithItsTask) {
  static thread_local std::string scratch;
  run([]() -> task<> {
    auto keeps = []() -> task<> {
      const borrow buffer(scratch);
      buffer->assign("mine");
      *buffer += '!';
      co_await checkpoint();
    };
    EXPECT_THAT(co_await outcome_of(keeps),
                MatchesRegex("usage_error: task .* waits where a borrow at .*"));
    EXPECT_EQ(scratch, "mine!");
  });
  const borrow outside_of_tasks(scratch);
  EXPECT_EQ(*outside_of_tasks, "mine!");
}

INSTANTIATE_TEST_SUITE_P(Hosts, NoSwitchTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
