#include "tests/coro_backend/asyncio_test.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

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

// --- never awaited ---

task<> left_alone() { co_return; }

struct with_a_member {
  static task<int> left_alone(int a, int (*)(int)) { co_return a; }
};

TEST_F(AsyncioTest, DebugModeReportsCoroutinesThatNobodyAwaits) {
  std::vector<std::string> told;
  asyncio::event_loop& events = backends_.coro.events();
  events.set_exception_handler([&](asyncio::event_loop&, const asyncio::error_context& context) {
    told.push_back(context.message);
  });
  run_asyncio([&]() -> task<> {
    { const auto unnoticed = left_alone(); }
    EXPECT_THAT(told, testing::IsEmpty());
    events.set_debug(true);
    { const auto noticed = left_alone(); }
    EXPECT_THAT(told, testing::ElementsAre(testing::MatchesRegex(
                          "coroutine '.*left_alone' was never awaited: .*errors_test.cpp:[0-9]+")));
    told.clear();
    const auto lambda = []() -> task<> { co_return; };
    {
      const auto member = with_a_member::left_alone(1, nullptr);
      const auto nameless = lambda();
    }
    EXPECT_THAT(told, testing::ElementsAre(testing::HasSubstr("operator()' was"),
                                           testing::HasSubstr("with_a_member::left_alone' was")));
    told.clear();
    co_await left_alone();
    co_await asyncio::create_task(left_alone);
    events.set_debug(false);
    { const auto unnoticed = left_alone(); }
    EXPECT_THAT(told, testing::IsEmpty());
  });
}

TEST_F(AsyncioTest, DebugModeLeavesTheDefaultHandlerToReportThem) {
  run_asyncio([&]() -> task<> {
    backends_.coro.events().set_debug(true);
    { const auto noticed = left_alone(); }
    backends_.coro.events().set_debug(false);
    EXPECT_THAT(take_reports(), testing::ElementsAre(testing::HasSubstr("was never awaited")));
    co_return;
  });
}

TEST_F(AsyncioTest, DebugModeBlamesNoCoroutineThatAnExceptionTookAlong) {
  run_asyncio([&]() -> task<> {
    backends_.coro.events().set_debug(true);
    const auto fails = [] {
      const auto taken_along = left_alone();
      throw std::runtime_error("first");
    };
    EXPECT_THROW(fails(), std::runtime_error);
    backends_.coro.events().set_debug(false);
    EXPECT_THAT(reports(), testing::IsEmpty());
    co_return;
  });
}

}  // namespace
}  // namespace crossfade
