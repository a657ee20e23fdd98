#include <csignal>
#include <thread>

#include "compat/signals.hpp"
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

TEST(AsyncioRunnerTest, ContextVariablesStayFromRunToRun) {
  asyncio::context_var<int> number(0);
  asyncio::runner runner;
  runner.run([&] { number.set(4); });
  EXPECT_EQ(runner.run([&] { return number.get(); }), 4);
}

// --- SIGINT ---

task<> until_cancelled() { co_await asyncio::get_running_loop().create_future(); }

TEST(AsyncioInterruptTest, FirstCancelsTheMainTaskAndRunThrows) {
  asyncio::runner runner;
  bool unwound = false;
  auto main = [&]() -> task<> {
    std::raise(SIGINT);
    try {
      co_await until_cancelled();
    } catch (const asyncio::cancelled_error&) {
      unwound = true;
      throw;
    }
  };
  EXPECT_THROW(runner.run(main), asyncio::keyboard_interrupt);
  EXPECT_TRUE(unwound);
}

TEST(AsyncioInterruptTest, MainTaskThatSwallowsItGivesItsValue) {
  auto main = []() -> task<int> {
    std::raise(SIGINT);
    try {
      co_await until_cancelled();
    } catch (const asyncio::cancelled_error&) {
    }
    co_return 7;
  };
  EXPECT_EQ(asyncio::run(main), 7);
}

TEST(AsyncioInterruptTest, CancellationOfAnotherIsNoInterrupt) {
  auto main = []() -> task<> {
    std::raise(SIGINT);
    try {
      co_await until_cancelled();
    } catch (const asyncio::cancelled_error&) {
      asyncio::current_task().cancel();
      throw;
    }
  };
  EXPECT_THROW(asyncio::run(main), asyncio::cancelled_error);
}

TEST(AsyncioInterruptTest, SecondHasRunThrowAtOnceAndCloseCancelsTheRest) {
  asyncio::runner runner;
  int cancellations = 0;
  auto stubborn = [&]() -> task<> {
    std::raise(SIGINT);
    for (;;) {
      try {
        co_await until_cancelled();
      } catch (const cancelled&) {
        if (++cancellations == 2) throw;
        std::raise(SIGINT);
      }
    }
  };
  EXPECT_THROW(runner.run(stubborn), asyncio::keyboard_interrupt);
  EXPECT_EQ(cancellations, 1);
  EXPECT_EQ(runner.get_loop().all_tasks().size(), 1U);
  runner.close();
  EXPECT_EQ(cancellations, 2);
}

TEST(AsyncioInterruptTest, IsLeftToWhoAwaitsIt) {
  asyncio::runner runner;
  loop& owner = runner.get_loop().owner();
  auto main = [&]() -> task<> {
    signal_set interrupts(owner, {SIGINT});
    std::raise(SIGINT);
    EXPECT_EQ(co_await interrupts.wait(), SIGINT);
  };
  runner.run(main);
}

TEST(AsyncioInterruptTest, OffTheMainThreadAndAfterARunItHasItsDefaultAction) {
  const auto has_default_action = [] {
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    return now.sa_handler == SIG_DFL;
  };
  EXPECT_FALSE(asyncio::run(has_default_action));
  EXPECT_TRUE(has_default_action());
  bool elsewhere = false;
  std::thread other([&] { elsewhere = asyncio::run(has_default_action); });
  other.join();
  EXPECT_TRUE(elsewhere);
}

}  // namespace
}  // namespace crossfade
