#include "tests/coro_backend/asyncio_test.hpp"

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

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
      value = outcome.get();
      events.call_soon_threadsafe([] {});
    });
    EXPECT_EQ(co_await called, std::this_thread::get_id());
    while (asyncio::all_tasks().size() > 1 || value == 0) co_await asyncio::sleep(0s);
    other.join();
    EXPECT_EQ(value, 9);
  });
}

}  // namespace
}  // namespace crossfade
