#include "tests/coro_backend/asyncio_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

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

}  // namespace
}  // namespace crossfade
