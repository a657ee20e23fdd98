#include "compat/to_thread.hpp"

#include <atomic>
#include <memory>
#include <semaphore>
#include <stop_token>
#include <thread>

#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using ToThreadTest = cell_test;

void wait_for(const std::stop_token& stop) {
  std::binary_semaphore stopped(0);
  const std::stop_callback on_stop(stop, [&] { stopped.release(); });
  stopped.acquire();
}

TEST_P(ToThreadTest, GivesValuesReferencesAndWhatOnlyMoves) {
  int object = 0;
  run([&]() -> task<> {
    EXPECT_EQ(co_await to_thread([] { return 1; }), 1);
    EXPECT_EQ(&co_await to_thread([&]() -> int& { return object; }), &object);
    auto made = co_await to_thread([] { return std::make_unique<int>(2); });
    EXPECT_EQ(*made, 2);
    co_await to_thread([] {});
  });
}

TEST_P(ToThreadTest, RunsOnAnotherThreadAndComesBack) {
  run([]() -> task<> {
    const auto here = std::this_thread::get_id();
    EXPECT_NE(co_await to_thread([] { return std::this_thread::get_id(); }), here);
    EXPECT_EQ(std::this_thread::get_id(), here);
  });
}

TEST_P(ToThreadTest, PassesEveryExceptionOn) {
  run([]() -> task<> {
    EXPECT_THROW(co_await to_thread([] { throw std::runtime_error("oh"); }), std::runtime_error);
    EXPECT_THROW(co_await to_thread([] { throw 1; }), int);
  });
}

TEST_P(ToThreadTest, OthersRunMeanwhile) {
  std::binary_semaphore go(0);
  run([&]() -> task<> {
    auto other = spawn([&]() -> task<> {
      co_await checkpoint();
      go.release();
    });
    co_await to_thread([&] { go.acquire(); });  // hangs if the loop did
    co_await other.join();
  });
}

TEST_P(ToThreadTest, ManyShareTheThreads) {
  constexpr int count = 500;
  std::atomic<int> ran = 0;
  int got = 0;
  loop_test::run([&](task_group& group) {
    for (int i = 0; i < count; ++i) {
      backends_.spawn(group, GetParam(),
                      [&]() -> task<> { got += co_await to_thread([&] { return ran++, 1; }); });
    }
  });
  EXPECT_EQ(ran, count);
  EXPECT_EQ(got, count);
}

TEST_P(ToThreadTest, CancelledWaiterStaysUntilTheFunctionHasEnded) {
  std::binary_semaphore go(0);
  bool had_result = false;
  bool went_on = false;
  loop_test::run([&](task_group& group) -> task<> {
    auto subject = backends_.spawn(group, GetParam(), [&]() -> task<> {
      EXPECT_EQ(co_await to_thread([&] { return go.acquire(), 7; }), 7);
      had_result = true;
      co_await checkpoint();
      went_on = true;
    });
    co_await settle();
    subject.cancel();
    co_await settle();
    EXPECT_FALSE(subject.done());
    go.release();
  });
  EXPECT_TRUE(had_result);
  EXPECT_FALSE(went_on);
}

TEST_P(ToThreadTest, VirtualTimeWaitsForTheThread) {
  run([&]() -> task<> {
    std::binary_semaphore go(0);
    auto sleeper = spawn([]() -> task<> { co_await sleep(1ms); });
    auto release = spawn([&]() -> task<> {
      go.release();
      co_return;
    });
    co_await to_thread([&] { go.acquire(); });
    EXPECT_EQ(loop_.now(), time_point());
    co_await sleeper.join();
    EXPECT_EQ(loop_.now(), time_point(1ms));
    co_await release.join();
  });
}

TEST_P(ToThreadTest, FunctionThatListensIsAskedToEndAndItsResultDelivered) {
  std::string order;
  loop_test::run([&](task_group& group) -> task<> {
    auto subject = backends_.spawn(group, GetParam(), [&]() -> task<> {
      EXPECT_EQ(co_await to_thread([](const std::stop_token& stop) { return wait_for(stop), 7; }),
                7);
      order += 'r';
      co_await checkpoint();
      order += '!';
    });
    co_await settle();
    subject.cancel();
  });
  EXPECT_EQ(order, "r");
}

TEST_P(ToThreadTest, FunctionMaySayThatItStoppedByThrowingCancelled) {
  std::string order;
  loop_test::run([&](task_group& group) -> task<> {
    auto subject = backends_.spawn(group, GetParam(), [&]() -> task<> {
      try {
        co_await to_thread([](const std::stop_token& stop) {
          wait_for(stop);
          throw cancelled("stopped");
        });
      } catch (const cancelled& c) {
        order += c.reason();
        throw;
      }
    });
    co_await settle();
    subject.cancel("from outside");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await subject.join(); }),
                testing::EndsWith("was cancelled: from outside"));
  });
  EXPECT_EQ(order, "from outside");
}

TEST_P(ToThreadTest, WaiterLeavesAnAbandonedFunctionAtOnce) {
  struct shared {
    std::binary_semaphore go{0};
    std::atomic<bool> ended = false;
  };
  const auto state = std::make_shared<shared>();
  loop_test::run([&](task_group& group) -> task<> {
    auto subject = backends_.spawn(group, GetParam(), [state]() -> task<> {
      // Named: g++ 12 destroys what a temporary lambda captures twice.
      auto function = [state] {
        state->go.acquire();
        state->ended = true;
        throw std::runtime_error("nobody waits");
      };
      co_await to_thread(abandon_on_cancel, std::move(function));
    });
    co_await settle();
    subject.cancel();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await subject.join(); }),
                testing::StartsWith("task_cancelled"));
    EXPECT_FALSE(state->ended);
    co_await sleep(1h);  // nor does virtual time wait for it
    const thread_hold hold(loop_);
    state->go.release();
    while (reports().empty()) co_await checkpoint();
  });
  EXPECT_TRUE(state->ended);
  EXPECT_THAT(take_reports(), testing::ElementsAre("nobody waits"));
}

TEST_P(ToThreadTest, AbandonedFunctionGivesItsResultToAWaiterThatStays) {
  run([]() -> task<> {
    EXPECT_EQ(*co_await to_thread(abandon_on_cancel, [] { return std::make_unique<int>(3); }), 3);
    EXPECT_THROW(co_await to_thread(abandon_on_cancel, [] { throw 1; }), int);
  });
}

TEST_P(ToThreadTest, LoopsDestructorWaitsForWhatWasAbandoned) {
  std::atomic<bool> ended = false;
  std::binary_semaphore go(0);
  {
    loop other;
    both_backends backends(other);
    backends.run(GetParam(), [&]() -> task<> {
      auto subject = spawn([&]() -> task<> {
        co_await to_thread(abandon_on_cancel, [&] {
          go.acquire();
          ended = true;
        });
      });
      co_await checkpoint();
      subject.cancel();
      co_await checkpoint();
      EXPECT_TRUE(subject.done());
    });
    go.release();
  }
  EXPECT_TRUE(ended);
}

// The wait for a child is the loop's: it takes no thread from the child.
TEST_P(ToThreadTest, OneThreadServesParentsThatJoinTheirChildren) {
  loop narrow({.virtual_time = true, .max_threads = 1});
  both_backends backends(narrow);
  int ran = 0;
  std::function<task<>(int)> family = [&](int generations) -> task<> {
    co_await to_thread([&] { ++ran; });
    if (generations == 0) co_return;
    auto children = [&](task_group& group) {
      for (int i = 0; i < 3; ++i) group.spawn([&, generations] { return family(generations - 1); });
    };
    co_await with_task_group(children);
    co_await to_thread([&] { ++ran; });
  };
  backends.run(GetParam(), [&]() -> task<> { co_await family(3); });
  EXPECT_EQ(ran, 40 + 13);
}

INSTANTIATE_TEST_SUITE_P(Cells, ToThreadTest, cells(), cell_name);

class ToThreadInRealTimeTest : public loop_test, public testing::WithParamInterface<cell> {
 protected:
  ToThreadInRealTimeTest() : loop_test({.virtual_time = false}) {}
};

TEST_P(ToThreadInRealTimeTest, TimeoutReachesTheFunctionAndConverts) {
  backends_.run(GetParam(), []() -> task<> {
    auto body = []() -> task<> {
      co_await to_thread([](const std::stop_token& stop) {
        EXPECT_TRUE(effective_deadline().has_value());
        wait_for(stop);
        throw cancelled("stopped");
      });
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, body); }),
                testing::StartsWith("timeout_error"));
    co_await to_thread([] { EXPECT_FALSE(effective_deadline().has_value()); });
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, ToThreadInRealTimeTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
