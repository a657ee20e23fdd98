#include "compat/on_fiber.hpp"

#include <memory>
#include <string>

#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::HasSubstr;
using testing::StartsWith;

std::uint64_t running_task() { return detail::task_state::current().id; }

class OnFiberTest : public cell_test {
 protected:
  event never_;
};

TEST_P(OnFiberTest, GivesValuesReferencesAndWhatOnlyMoves) {
  int object = 0;
  run([&]() -> task<> {
    EXPECT_EQ(co_await on_fiber([] { return 1; }), 1);
    EXPECT_EQ(&co_await on_fiber([&]() -> int& { return object; }), &object);
    auto made = co_await on_fiber([] { return std::make_unique<int>(2); });
    EXPECT_EQ(*made, 2);
  });
}

TEST_P(OnFiberTest, PassesEveryExceptionOn) {
  run([&]() -> task<> {
    EXPECT_THROW(co_await on_fiber([] { throw 1; }), int);
    EXPECT_THROW(co_await on_fiber([] {
                   await(checkpoint());
                   throw std::runtime_error("after a wait");
                 }),
                 std::runtime_error);
  });
}

TEST_P(OnFiberTest, RunsAsPartOfTheSameTask) {
  run([&]() -> task<> {
    const std::uint64_t self = running_task();
    co_await on_fiber([&] {
      EXPECT_EQ(running_task(), self);
      await(checkpoint());
      EXPECT_EQ(running_task(), self);
    });
    EXPECT_EQ(running_task(), self);
    EXPECT_EQ(loop_.tasks().size(), 1U);
  });
}

TEST_P(OnFiberTest, BlockingTextMayWaitForAnything) {
  run([&]() -> task<> {
    const int sum = co_await on_fiber([] {
      await(sleep(1ms));
      auto twice = [](int n) -> task<int> {
        co_await sleep(1ms);
        co_return 2 * n;
      };
      auto handle = spawn(twice, 10);
      return await(twice(1)) + await(handle.join());
    });
    EXPECT_EQ(sum, 22);
  });
  EXPECT_EQ(loop_.now(), time_point(2ms));  // the spawned one slept meanwhile
}

TEST_P(OnFiberTest, OthersRunWhileItWaits) {
  std::string order;
  run([&]() -> task<> {
    auto other = spawn([&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        order += 'o';
        co_await checkpoint();
      }
    });
    co_await on_fiber([&] {
      for (int i = 0; i < 2; ++i) {
        order += 'p';
        await(checkpoint());
      }
    });
    order += 'e';
    co_await other.join();
  });
  EXPECT_EQ(order, "popoe");
}

task<int> alternate(int levels);
int alternate_blocking(int levels) { return await(alternate(levels)); }
task<int> alternate(int levels) {
  if (levels == 0) {
    co_await checkpoint();
    co_return 0;
  }
  co_return 1 + co_await on_fiber([=] { return alternate_blocking(levels - 1); });
}

TEST_P(OnFiberTest, NestsToAnyDepthWithCoroutineTextInside) {
  run([&]() -> task<> { EXPECT_EQ(co_await alternate(50), 50); });
}

TEST_P(OnFiberTest, WhereThereIsAStackItIsCalledInPlace) {
  run([&]() -> task<> {
    co_await on_fiber([&] {
      const std::size_t stacks = backends_.fiber.stacks();
      await(on_fiber([&] { EXPECT_EQ(backends_.fiber.stacks(), stacks); }));
    });
  });
}

TEST_P(OnFiberTest, LendsTheSameStackAgainAndAgain) {
  run([&]() -> task<> {
    for (int i = 0; i < 100; ++i) co_await on_fiber([] { await(checkpoint()); });
  });
  EXPECT_EQ(backends_.fiber.stacks(), 1U);
}

TEST_P(OnFiberTest, CancellationReachesIntoIt) {
  std::string inside;
  run([&]() -> task<> {
    auto subject = spawn([&]() -> task<> {
      co_await on_fiber([&] {
        try {
          await(never_.wait());
        } catch (const cancelled& c) {
          inside = c.reason();
          throw;
        }
      });
    });
    co_await settle();
    subject.cancel("reached");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await subject.join(); }),
                StartsWith("task_cancelled"));
  });
  EXPECT_EQ(inside, "reached");
}

TEST_P(OnFiberTest, TimeoutReachesIntoItAndOutOfIt) {
  run([&]() -> task<> {
    auto wait = [&] { await(never_.wait()); };
    auto portal = [&]() -> task<> { co_await on_fiber(wait); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, portal); }),
                StartsWith("timeout_error"));
    EXPECT_THAT(co_await outcome_of([&]() -> task<> {
                  co_await on_fiber([&] { await(with_timeout(1ms, wait)); });
                }),
                StartsWith("timeout_error"));
  });
  EXPECT_EQ(loop_.now(), time_point(2ms));
}

TEST_P(OnFiberTest, GuardTakenInsideIsTheTasksGuardOutside) {
  lock lock;
  run([&]() -> task<> {
    auto guard = co_await on_fiber([&] { return await(lock.acquire()); });
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { auto again = co_await lock.acquire(); }),
                HasSubstr("already holds"));
  });
  EXPECT_FALSE(lock.is_held());
}

INSTANTIATE_TEST_SUITE_P(Cells, OnFiberTest, cells(), cell_name);

using OnFiberSweepTest = pair_test;

TEST_P(OnFiberSweepTest, StacksUnwindWhereverTheirTaskIsCancelled) {
  sweep(GetParam(), [](const auto& play) {
    lock lock;
    int depth = 0;
    struct level {
      explicit level(int& n) : count(n) { ++count; }
      ~level() { --count; }
      int& count;
    };
    auto user = [&]() -> task<> {
      const level outer(depth);
      co_await on_fiber([&] {
        const level middle(depth);
        auto guard = await(lock.acquire());
        auto inner = [&]() -> task<> {
          const level innermost(depth);
          co_await sleep(1ms);
          co_await on_fiber([] { await(checkpoint()); });
        };
        await(inner());
        await(sleep(1ms));
      });
      co_await checkpoint();
    };
    play({.before = {user}, .victim = user, .after = {user}});
    EXPECT_EQ(depth, 0);
    EXPECT_FALSE(lock.is_held());
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, OnFiberSweepTest, cell_pairs(), pair_name);

TEST(OnFiberWithoutStacksTest, SaysWhatIsMissing) {
  loop loop({.virtual_time = true});
  coro_backend::backend coro(loop);
  std::string refusal;
  loop.run(coro, [&]() -> task<> {
    refusal = co_await outcome_of([]() -> task<> { co_await on_fiber([] {}); });
  });
  EXPECT_THAT(refusal, testing::AllOf(StartsWith("usage_error: task 1 'main' (coro)"),
                                      HasSubstr("construct a fiber_backend::backend")));
}

}  // namespace
}  // namespace crossfade
