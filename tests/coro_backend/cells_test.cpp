#include "tests/coro_backend/asyncio_test.hpp"

#include "compat/event.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"

#include <string>

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

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

}  // namespace
}  // namespace crossfade
