#include "tests/coro_backend/asyncio_test.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

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
      value = outcome.result();
      events.call_soon_threadsafe([] {});
    });
    EXPECT_EQ(co_await called, std::this_thread::get_id());
    while (asyncio::all_tasks().size() > 1 || value == 0) co_await asyncio::sleep(0s);
    other.join();
    EXPECT_EQ(value, 9);
  });
}

// --- taking back what runs, or is to run, elsewhere ---

// A function that keeps the one thread there is until it is let go.
class OneThreadTest : public testing::Test {
 protected:
  asyncio::runner runner_{{.loop = {.max_threads = 1}}};
  std::promise<void> started_;
  std::promise<void> go_;

  auto blocker() {
    return [this, go = go_.get_future().share()] {
      started_.set_value();
      go.wait();
    };
  }
};

TEST_F(OneThreadTest, CancelledCallThatWaitsForTheThreadNeverRuns) {
  std::atomic<bool> ran = false;
  runner_.run([&]() -> task<> {
    const auto first = asyncio::run_in_executor(blocker());
    started_.get_future().wait();
    const auto second = asyncio::run_in_executor([&] { ran = true; });
    const auto third = asyncio::to_thread([] { return 3; });
    EXPECT_TRUE(second.cancel());
    EXPECT_TRUE(second.cancelled());
    go_.set_value();
    co_await first;
    EXPECT_EQ(co_await third, 3);
  });
  EXPECT_FALSE(ran);
}

TEST_F(OneThreadTest, CancelledCallThatRunsGoesOn) {
  std::atomic<bool> ended = false;
  runner_.run([&]() -> task<> {
    auto wait = blocker();
    auto blocks = [&ended, wait] {
      wait();
      ended = true;
    };
    const auto running = asyncio::to_thread(blocks);
    started_.get_future().wait();
    EXPECT_TRUE(running.cancel());
    go_.set_value();
    auto nothing = [] {};
    co_await asyncio::to_thread(nothing);  // behind it, on the same thread
    EXPECT_TRUE(ended);
  });
}

TEST_F(AsyncioTest, ThreadsafeHandleTakesACallBack) {
  run_asyncio([this]() -> task<> {
    asyncio::event_loop& events = backends_.coro.events();
    bool taken_back = false;
    bool called = false;
    std::thread other([&] {
      auto handle = events.call_soon_threadsafe([&] { taken_back = true; });
      EXPECT_FALSE(handle.cancelled());
      handle.cancel();
      EXPECT_TRUE(handle.cancelled());
      events.call_soon_threadsafe([&] { called = true; });
    });
    other.join();
    while (!called) co_await asyncio::sleep(0s);
    EXPECT_FALSE(taken_back);
  });
}

TEST_F(AsyncioTest, CancelledOutcomeCancelsItsTaskAndWhoWaitsGoesOn) {
  run_asyncio([this]() -> task<> {
    asyncio::event_loop& events = backends_.coro.events();
    const thread_hold hold(loop_);
    std::vector<std::string> seen;
    auto stands = [&seen]() -> task<int> {
      seen.emplace_back("started");
      try {
        co_await asyncio::get_running_loop().create_future();
      } catch (const asyncio::cancelled_error&) {
        seen.emplace_back("cancelled");
        throw;
      }
      co_return 1;
    };
    const auto outcome = asyncio::run_coroutine_threadsafe(stands, events);
    while (seen.empty()) co_await asyncio::sleep(0s);
    std::thread waiter([&] { EXPECT_THROW(outcome.result(), task_cancelled); });
    std::thread canceller([&] {
      EXPECT_FALSE(outcome.done());
      EXPECT_TRUE(outcome.cancel());
      EXPECT_TRUE(outcome.cancel());
      EXPECT_TRUE(outcome.cancelled());
    });
    waiter.join();
    canceller.join();
    while (asyncio::all_tasks().size() > 1) co_await asyncio::sleep(0s);
    EXPECT_THAT(seen, testing::ElementsAre("started", "cancelled"));
  });
}

TEST_F(AsyncioTest, OutcomeCancelledBeforeTheStartIsThrownAtTheFirstWait) {
  run_asyncio([this]() -> task<> {
    std::vector<std::string> seen;
    auto waits = [&seen]() -> task<> {
      seen.emplace_back("started");
      try {
        co_await asyncio::get_running_loop().create_future();
      } catch (const asyncio::cancelled_error&) {
        seen.emplace_back("cancelled");
        throw;
      }
    };
    const auto outcome = asyncio::run_coroutine_threadsafe(waits, backends_.coro.events());
    EXPECT_TRUE(outcome.cancel());
    while (seen.size() < 2) co_await asyncio::sleep(0s);
    EXPECT_THAT(seen, testing::ElementsAre("started", "cancelled"));
    EXPECT_TRUE(outcome.cancelled());
  });
}

TEST_F(AsyncioTest, OutcomeSaysHowTheTaskEnded) {
  run_asyncio([this]() -> task<> {
    asyncio::event_loop& events = backends_.coro.events();
    const auto text = asyncio::run_coroutine_threadsafe([] { return std::string("a"); }, events);
    const auto failure = asyncio::run_coroutine_threadsafe(
        []() -> task<> {
          co_await asyncio::sleep(0s);
          throw std::runtime_error("no");
        },
        events);
    const auto cancels_itself = asyncio::run_coroutine_threadsafe(
        []() -> task<> {
          asyncio::current_task().cancel();
          co_await asyncio::sleep(0s);
        },
        events);
    EXPECT_THROW(text.result(), usage_error);  // this thread is the one that would run it
    while (!text.done() || !failure.done() || !cancels_itself.done()) co_await asyncio::sleep(0s);
    EXPECT_EQ(text.result(), "a");
    EXPECT_EQ(text.result(), "a");
    EXPECT_EQ(text.exception(), nullptr);
    EXPECT_FALSE(text.cancel());
    EXPECT_THROW(failure.result(), std::runtime_error);
    EXPECT_EQ(describe(failure.exception()), "no");
    EXPECT_TRUE(cancels_itself.cancelled());
    EXPECT_THROW(cancels_itself.result(), task_cancelled);
  });
}

TEST(AsyncioThreadsTest, OutcomeIsWaitedForNoLongerThanIsAsked) {
  asyncio::runner runner;
  const auto outcome = asyncio::run_coroutine_threadsafe([] { return 1; }, runner.get_loop());
  EXPECT_THROW(outcome.result(1ms), timeout_error);  // the loop does not run
  EXPECT_TRUE(outcome.cancel());
}

TEST(AsyncioThreadsTest, OutcomeIsCancelledWhenTheLoopGoesFirst) {
  auto runner = std::make_unique<asyncio::runner>();
  const auto never_made = asyncio::run_coroutine_threadsafe([] { return 1; }, runner->get_loop());
  runner.reset();
  EXPECT_TRUE(never_made.cancelled());
  EXPECT_THROW(never_made.result(), task_cancelled);
  EXPECT_TRUE(never_made.cancel());
}

}  // namespace
}  // namespace crossfade
