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

}  // namespace
}  // namespace crossfade
