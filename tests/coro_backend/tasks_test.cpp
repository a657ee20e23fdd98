#include "tests/coro_backend/asyncio_test.hpp"

#include "compat/event.hpp"
#include "compat/spawn.hpp"

#include <memory>
#include <string>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

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

TEST_F(AsyncioTest, MoveOnlyValueGoesToTheFirstWhoAsks) {
  run_asyncio([]() -> task<> {
    auto made = asyncio::create_task(
        []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); });
    const std::unique_ptr<int> value = co_await made;
    EXPECT_EQ(*value, 4);
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

// CPython cancels in a circle until its recursion limit stops it.
TEST_F(AsyncioTest, TaskThatWaitsForItselfByWayOfOthersIsCancelledOnce) {
  run_asyncio([]() -> task<> {
    asyncio::task<> itself;
    itself = asyncio::create_task([&]() -> task<> { co_await asyncio::gather(itself); });
    co_await asyncio::sleep(0s);
    EXPECT_TRUE(itself.cancel());
    EXPECT_EQ(itself.cancelling(), 1U);
    EXPECT_FALSE(itself.done());
  });
  // What it gathers ends with the run, and nobody is left to ask for it.
  EXPECT_THAT(take_reports(), testing::ElementsAre(testing::HasSubstr("cancelled")));
}

}  // namespace
}  // namespace crossfade
