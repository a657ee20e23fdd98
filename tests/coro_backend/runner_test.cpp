#include "tests/coro_backend/asyncio_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

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
