#include "coro_backend/asyncio.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "compat/event.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

class AsyncioTest : public loop_test {
 protected:
  // Runs `body` as an asyncio task.
  template <class Body>
  void run_asyncio(Body body) {
    loop_.run(backends_.coro, [&]() -> task<> {
      auto main = asyncio::create_task(body);
      co_await main;
    });
  }
};

// --- the same objects from any cell ---

using AsyncioCellTest = cell_test;

TEST_P(AsyncioCellTest, TaskIsAwaitedFromAnywhere) {
  run([]() -> task<> {
    auto seven = asyncio::create_task([]() -> task<int> {
      co_await asyncio::sleep(1s);
      co_return 7;
    });
    EXPECT_EQ(co_await seven, 7);
    EXPECT_EQ(co_await seven, 7);
  });
}

TEST_P(AsyncioCellTest, CancelledPortableWaiterLeavesTheFuture) {
  run([this]() -> task<> {
    auto pending = backends_.coro.events().create_future<int>();
    auto waiter = spawn([pending]() -> task<int> { co_return co_await pending; });
    co_await settle();
    waiter.cancel("enough");
    const std::string end = co_await outcome_of([&]() -> task<> { co_await waiter.join(); });
    EXPECT_THAT(end, testing::HasSubstr("enough"));
    EXPECT_FALSE(pending.done());
    pending.set_result(1);
    EXPECT_EQ(co_await pending, 1);
  });
}

TEST_P(AsyncioCellTest, CancelledPortableWaiterOfALockLetsTheNextHaveIt) {
  run([]() -> task<> {
    asyncio::lock lock;
    co_await lock.acquire();
    auto first = spawn([&]() -> task<> { co_await lock.acquire(); });
    auto second = asyncio::create_task([&]() -> task<> { co_await lock.acquire(); });
    co_await settle();
    first.cancel();
    lock.release();
    co_await second;
    EXPECT_TRUE(lock.locked());
    const std::string end = co_await outcome_of([&]() -> task<> { co_await first.join(); });
    EXPECT_THAT(end, testing::StartsWith("task_cancelled"));
  });
}

TEST_P(AsyncioCellTest, AsyncioTaskWaitsForPortableObjects) {
  run([]() -> task<> {
    event go;
    auto waiter = asyncio::create_task([&]() -> task<int> {
      co_await go.wait();
      co_return 3;
    });
    co_await settle();
    EXPECT_FALSE(waiter.done());
    go.set();
    EXPECT_EQ(co_await waiter, 3);
  });
}

TEST_P(AsyncioCellTest, PortableTimeoutEndsAWaitForAFuture) {
  run([this]() -> task<> {
    auto pending = backends_.coro.events().create_future();
    auto wait = [&]() -> task<> { co_await pending; };
    const std::string end =
        co_await outcome_of([&]() -> task<> { co_await with_timeout(1s, wait); });
    EXPECT_THAT(end, testing::StartsWith("timeout_error"));
    EXPECT_FALSE(pending.done());
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, AsyncioCellTest, cells(), cell_name);

// --- cancellation of asyncio tasks in portable waits ---

TEST_F(AsyncioTest, CancelInAPortableWaitThrowsItsMessageEachTime) {
  std::vector<std::string> seen;
  run_asyncio([&]() -> task<> {
    event never;
    auto stubborn = asyncio::create_task([&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        try {
          co_await never.wait();
        } catch (const asyncio::cancelled_error& e) {
          seen.push_back(e.message().value());
        }
      }
    });
    co_await asyncio::sleep(0s);
    EXPECT_TRUE(stubborn.cancel("once"));
    co_await asyncio::sleep(0s);
    EXPECT_TRUE(stubborn.cancel("twice"));
    co_await stubborn;
    EXPECT_EQ(stubborn.cancelling(), 2U);
    EXPECT_FALSE(stubborn.cancelled());
  });
  EXPECT_THAT(seen, testing::ElementsAre("once", "twice"));
}

TEST_F(AsyncioTest, TaskThatCancelledItselfIsThrownAtAtItsNextPortableWait) {
  run_asyncio([]() -> task<> {
    event never;
    auto self_cancelled = asyncio::create_task([&]() -> task<> {
      asyncio::current_task().cancel("by myself");
      co_await never.wait();
    });
    std::string message;
    try {
      co_await self_cancelled;
    } catch (const asyncio::cancelled_error& e) {
      message = e.message().value();
    }
    EXPECT_EQ(message, "by myself");
    EXPECT_TRUE(self_cancelled.cancelled());
  });
}

TEST_F(AsyncioTest, CancelWhileItJoinsAPortableTaskLeavesThatAlone) {
  run_asyncio([]() -> task<> {
    auto work = spawn([]() -> task<int> {
      co_await sleep(5s);
      co_return 5;
    });
    auto joiner = asyncio::create_task([&]() -> task<int> { co_return co_await work.join(); });
    co_await asyncio::sleep(1s);
    joiner.cancel();
    const asyncio::wait_result ended = co_await asyncio::wait(asyncio::wait_options{}, joiner);
    EXPECT_EQ(ended.done.size(), 1U);
    EXPECT_TRUE(joiner.cancelled());
    EXPECT_EQ(co_await work.join(), 5);
  });
}

TEST_F(AsyncioTest, EndOfTheRunCancelsWhatIsLeft) {
  auto pending = asyncio::future<>();
  auto left = asyncio::task<>();
  loop_.run(backends_.coro, [&]() -> task<> {
    pending = backends_.coro.events().create_future();
    left = asyncio::create_task([pending]() -> task<> { co_await pending; });
    co_await asyncio::sleep(0s);
  });
  EXPECT_TRUE(left.cancelled());
  EXPECT_FALSE(pending.done());
}

// --- values of types of one's own ---

TEST_F(AsyncioTest, GatherGivesATupleAVectorOrOutcomes) {
  run_asyncio([]() -> task<> {
    auto text = []() -> task<std::string> { co_return "a"; };
    auto number = []() -> task<int> { co_return 1; };
    const auto both = co_await asyncio::gather(text, number);
    EXPECT_EQ(both, std::tuple(std::string("a"), 1));

    std::vector<asyncio::task<int>> tasks;
    for (int i = 0; i < 3; ++i)
      tasks.push_back(asyncio::create_task([](int n) -> task<int> { co_return n; }, i));
    const std::vector<int> all = co_await asyncio::gather(tasks);
    EXPECT_THAT(all, testing::ElementsAre(0, 1, 2));

    auto fails = []() -> task<int> {
      co_await asyncio::sleep(0s);
      throw std::runtime_error("no");
    };
    const auto outcomes = co_await asyncio::gather(asyncio::return_exceptions, number, fails);
    EXPECT_EQ(std::get<0>(outcomes).value(), 1);
    EXPECT_EQ(describe(std::get<1>(outcomes).error()), "no");
  });
}

TEST_F(AsyncioTest, MoveOnlyValueGoesToTheFirstWhoAsks) {
  run_asyncio([]() -> task<> {
    auto made = asyncio::create_task(
        []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); });
    const std::unique_ptr<int> value = co_await made;
    EXPECT_EQ(*value, 4);
  });
}

TEST_F(AsyncioTest, AsCompletedGivesValuesInTheOrderTheyCome) {
  run_asyncio([]() -> task<> {
    std::vector<asyncio::task<int>> tasks;
    for (const int n : {3, 1, 2}) {
      tasks.push_back(asyncio::create_task(
          [](int seconds) -> task<int> {
            co_await asyncio::sleep(std::chrono::seconds(seconds));
            co_return seconds;
          },
          n));
    }
    std::vector<int> seen;
    for (asyncio::as_completed<int> all(tasks); all.more();) seen.push_back(co_await all.next());
    EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3));
  });
}

TEST_F(AsyncioTest, AsyncWithGivesTheValueOfItsBody) {
  run_asyncio([]() -> task<> {
    asyncio::lock lock;
    auto held = [&] { return lock.locked(); };
    const bool was_held = co_await asyncio::async_with(lock, held);
    EXPECT_TRUE(was_held);
    EXPECT_FALSE(lock.locked());
    asyncio::timeout limit(1s);
    auto when = [](asyncio::timeout& t) -> task<bool> {
      co_await asyncio::sleep(0s);
      co_return t.when().has_value();
    };
    EXPECT_TRUE(co_await asyncio::async_with(limit, when));
    asyncio::barrier alone(1);
    auto index = [](int i) { return i; };
    EXPECT_EQ(co_await asyncio::async_with(alone, index), 0);
  });
}

TEST_F(AsyncioTest, FuturesThatNobodyEverSetsLeakNothing) {
  run_asyncio([this]() -> task<> {
    auto never = backends_.coro.events().create_future<int>();
    asyncio::shield(never);
    asyncio::gather(never, never);
    co_return;
  });
}

TEST_F(AsyncioTest, TimeoutAndGroupAreForAsyncioTasks) {
  loop_.run(backends_.coro, []() -> task<> {
    auto enter = []() -> task<> {
      asyncio::timeout limit(1s);
      auto nothing = [] {};
      co_await asyncio::async_with(limit, nothing);
    };
    EXPECT_THAT(co_await outcome_of(enter), testing::HasSubstr("with_timeout"));
    auto open = []() -> task<> {
      asyncio::task_group group;
      auto nothing = [] {};
      co_await asyncio::async_with(group, nothing);
    };
    EXPECT_THAT(co_await outcome_of(open), testing::HasSubstr("with_task_group"));
  });
}

TEST_F(AsyncioTest, TasksHaveNames) {
  run_asyncio([]() -> task<> {
    auto named = asyncio::create_task({.name = "prices"}, []() -> task<> { co_return; });
    auto other = asyncio::create_task([]() -> task<> { co_return; });
    EXPECT_EQ(named.get_name(), "prices");
    EXPECT_THAT(other.get_name(), testing::StartsWith("Task-"));
    other.set_name("other");
    EXPECT_EQ(other.get_name(), "other");
    EXPECT_EQ(asyncio::all_tasks().size(), 3U);
    co_await asyncio::wait(asyncio::wait_options{}, named, other);
    EXPECT_EQ(asyncio::all_tasks().size(), 1U);
    EXPECT_EQ(asyncio::all_tasks().front(), asyncio::current_task());
  });
}

TEST_F(AsyncioTest, WaitGraphSaysWhatATaskWaitsFor) {
  run_asyncio([this]() -> task<> {
    asyncio::lock lock;
    co_await lock.acquire();
    auto waiter =
        asyncio::create_task({.name = "waiter"}, [&]() -> task<> { co_await lock.acquire(); });
    auto joiner = asyncio::create_task({.name = "joiner"}, [&]() -> task<> { co_await waiter; });
    co_await asyncio::sleep(0s);
    const std::string text = loop_.wait_graph().text();
    EXPECT_THAT(text, testing::HasSubstr("an asyncio lock"));
    EXPECT_THAT(text, testing::ContainsRegex("a future.*'waiter'"));
    lock.release();
    co_await joiner;
  });
}

// --- errors and debugging ---

TEST_F(AsyncioTest, ErrorOfACallbackGoesToTheHandler) {
  std::vector<std::string> told;
  asyncio::event_loop& events = backends_.coro.events();
  events.set_exception_handler([&](asyncio::event_loop&, const asyncio::error_context& context) {
    told.push_back(context.message + ": " + describe(context.exception));
  });
  run_asyncio([&]() -> task<> {
    events.call_soon([] { throw std::runtime_error("lost"); });
    co_await asyncio::sleep(0s);
  });
  EXPECT_THAT(told, testing::ElementsAre("Exception in callback: lost"));
}

TEST_F(AsyncioTest, FailureNobodyRetrievedIsReportedWhenTheLastHandleGoes) {
  run_asyncio([this]() -> task<> {
    std::optional<asyncio::task<>> failed(asyncio::create_task({.name = "failing"}, []() -> task<> {
      co_await asyncio::sleep(0s);
      throw std::runtime_error("unseen");
    }));
    co_await asyncio::sleep(1s);
    EXPECT_TRUE(failed->unretrieved());
    EXPECT_THAT(reports(), testing::IsEmpty());
    failed.reset();
    EXPECT_THAT(take_reports(), testing::ElementsAre(testing::AllOf(testing::HasSubstr("failing"),
                                                                    testing::HasSubstr("unseen"))));
  });
}

TEST_F(AsyncioTest, DebugModeReportsSlowCallbacks) {
  asyncio::event_loop& events = backends_.coro.events();
  events.slow_callback_duration = {};  // each is slow
  run_asyncio([&]() -> task<> {
    events.call_soon([] {});
    co_await asyncio::sleep(0s);
    EXPECT_THAT(reports(), testing::IsEmpty());
    events.set_debug(true);
    events.call_soon([] {});
    co_await asyncio::sleep(0s);
    events.set_debug(false);
    EXPECT_THAT(take_reports(), testing::Contains(testing::HasSubstr("a callback took")));
  });
}

TEST_F(AsyncioTest, DebugModeReportsSlowStepsOfTasks) {
  asyncio::event_loop& events = backends_.coro.events();
  events.slow_callback_duration = {};  // each is slow
  run_asyncio([&]() -> task<> {
    events.set_debug(true);
    auto slow = asyncio::create_task({.name = "slow"}, []() -> task<> { co_return; });
    co_await slow;
    events.set_debug(false);
    EXPECT_THAT(take_reports(), testing::Contains(testing::AllOf(testing::HasSubstr("'slow'"),
                                                                 testing::HasSubstr("took"))));
  });
}

// --- threads ---

TEST_F(AsyncioTest, ExecutorRunsAFunctionOnAThread) {
  static const asyncio::context_var<int> variable(0);
  run_asyncio([]() -> task<> {
    const auto here = std::this_thread::get_id();
    auto there = [] { return std::this_thread::get_id(); };
    const std::thread::id id = co_await asyncio::run_in_executor(there);
    EXPECT_NE(id, here);
    auto fails = []() -> int { throw std::runtime_error("on a thread"); };
    const std::string end =
        co_await outcome_of([&]() -> task<> { co_await asyncio::run_in_executor(fails); });
    EXPECT_THAT(end, testing::HasSubstr("on a thread"));
    const_cast<asyncio::context_var<int>&>(variable).set(6);
    auto read = [] { return variable.get(); };
    EXPECT_EQ(co_await asyncio::to_thread(read), 6);
    EXPECT_EQ(co_await asyncio::run_in_executor(read), 0);
  });
}

TEST_F(AsyncioTest, CancelledWaiterLeavesTheThreadBehind) {
  std::promise<void> go;
  run_asyncio([&]() -> task<> {
    auto blocked = asyncio::create_task([&]() -> task<> {
      auto wait = [future = go.get_future().share()] { future.wait(); };
      auto outcome = asyncio::to_thread(wait);
      co_await outcome;
    });
    co_await asyncio::sleep(0s);
    blocked.cancel();
    co_await asyncio::wait(asyncio::wait_options{}, blocked);
    EXPECT_TRUE(blocked.cancelled());
    go.set_value();
  });
}

TEST_F(AsyncioTest, OtherThreadsCallAndRunTasks) {
  run_asyncio([this]() -> task<> {
    asyncio::event_loop& events = backends_.coro.events();
    const thread_hold hold(loop_);
    auto called = events.create_future<std::thread::id>();
    std::atomic<int> value = 0;
    std::thread other([&] {
      events.call_soon_threadsafe([&called] { called.set_result(std::this_thread::get_id()); });
      auto outcome = asyncio::run_coroutine_threadsafe(
          []() -> task<int> {
            co_await asyncio::sleep(0s);
            co_return 9;
          },
          events);
      value = outcome.get();
      events.call_soon_threadsafe([] {});
    });
    EXPECT_EQ(co_await called, std::this_thread::get_id());
    while (asyncio::all_tasks().size() > 1 || value == 0) co_await asyncio::sleep(0s);
    other.join();
    EXPECT_EQ(value, 9);
  });
}

// --- running ---

TEST(AsyncioRunnerTest, RunsFunctionsOneAfterTheOther) {
  asyncio::runner runner({.loop = {.virtual_time = true}});
  int ended = 0;
  EXPECT_EQ(runner.run([&]() -> task<int> {
    asyncio::create_task([&]() -> task<> {
      co_await asyncio::sleep(2s);
      ++ended;
    });
    co_return 1;
  }),
            1);
  EXPECT_EQ(ended, 0);
  runner.run([]() -> task<> { co_await asyncio::sleep(3s); });
  EXPECT_EQ(ended, 1);
}

TEST(AsyncioRunnerTest, CloseCancelsWhatIsLeft) {
  asyncio::runner runner({.loop = {.virtual_time = true}});
  auto left = runner.run([]() -> task<asyncio::task<>> {
    co_return asyncio::create_task([]() -> task<> { co_await asyncio::sleep(2s); });
  });
  EXPECT_FALSE(left.done());
  runner.close();
  EXPECT_TRUE(left.cancelled());
}

TEST(AsyncioRunnerTest, NothingLeftToWaitForIsADeadlock) {
  const auto hang = []() -> task<> { co_await asyncio::get_running_loop().create_future(); };
  EXPECT_THROW(asyncio::run(hang), deadlock);
}

TEST(AsyncioRunnerTest, RunIsRefusedWhereALoopRuns) {
  asyncio::run([]() -> task<> {
    EXPECT_THROW(asyncio::run([]() -> task<> { co_return; }), usage_error);
    co_return;
  });
}

TEST(AsyncioRunnerTest, StopEndsARunAndTheTasksStay) {
  asyncio::runner runner({.loop = {.virtual_time = true}});
  asyncio::event_loop& events = runner.get_loop();
  int steps = 0;
  events.create_task([&]() -> task<> {
    for (;; ++steps) co_await asyncio::sleep(1s);
  });
  events.call_later(3500ms, [&] { events.stop(); });
  events.run_forever();
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(events.all_tasks().size(), 1U);
}

}  // namespace
}  // namespace crossfade
