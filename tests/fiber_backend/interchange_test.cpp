#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "compat/lock.hpp"
#include "compat/sleep.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "compat/to_thread.hpp"
#include "fiber_backend/gevent.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace gevent = fiber_backend;

// gevent's objects are waited for by tasks of all kinds, and greenlets wait for all that is
// portable; what interrupts a wait is what the waiter's own model says.
using InterchangeTest = pair_test;

TEST_P(InterchangeTest, EventWakesAllThatWaitInOneTurn) {
  gevent::event event;
  std::string order;
  run([&](task_group& group) {
    const auto waiter = [&](char name) -> task<> {
      EXPECT_TRUE(co_await event.wait());
      order += name;
    };
    a().spawn(group, waiter, 'a');
    b().spawn(group, waiter, 'b');
    a().spawn(group, [&]() -> task<> {
      event.set();
      co_await checkpoint();  // queued behind the notification
      order += '.';
    });
  });
  EXPECT_EQ(order, "ab.");
}

TEST_P(InterchangeTest, SemaphoreIsTakenByWhoRunsFirst) {
  gevent::semaphore permit;
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      co_await permit.acquire();
      co_await gevent::sleep();
      permit.release();
      EXPECT_TRUE(co_await permit.acquire());  // its waiter has not been woken yet
      order += 'a';
      permit.release();
    });
    b().spawn(group, [&]() -> task<> {
      co_await permit.acquire();
      order += 'b';
    });
  });
  EXPECT_EQ(order, "ab");
}

TEST_P(InterchangeTest, QueueAndChannelPassItems) {
  gevent::queue<int> queue(1);
  gevent::channel<std::unique_ptr<int>> channel;
  int sum = 0;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      for (int i = 1; i <= 3; ++i) co_await queue.put(i);
      co_await channel.put(std::make_unique<int>(10));
    });
    b().spawn(group, [&]() -> task<> {
      for (int i = 1; i <= 3; ++i) sum += co_await queue.get();
      const std::unique_ptr<int> last = co_await channel.get();
      sum += *last;
    });
  });
  EXPECT_EQ(sum, 16);
}

TEST_P(InterchangeTest, LimitOfAWaitExpiresForWhoSetIt) {
  gevent::async_result<int> result;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      bool expired = false;
      try {
        co_await result.get(1s);
      } catch (const gevent::timeout_expired&) {
        expired = true;
      }
      EXPECT_TRUE(expired);
      result.set(7);
    });
    b().spawn(group, [&]() -> task<> { EXPECT_EQ(co_await result.get(), 7); });
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, InterchangeTest, cell_pairs(), pair_name);

using GreenletCellTest = cell_test;

TEST_P(GreenletCellTest, GivesItsValueToWhoeverAsks) {
  run([&]() -> task<> {
    const auto text = gevent::spawn([](int a, int b) { return a + b; }, 1, 2);
    const auto coroutine = gevent::spawn([]() -> task<int> {
      co_await crossfade::sleep(1s);
      co_return 4;
    });
    EXPECT_EQ(co_await text.get() + co_await coroutine.get(), 7);
  });
}

TEST_P(GreenletCellTest, CancelledJoinerLeavesAndTheGreenletRunsOn) {
  run([&]() -> task<> {
    const auto slow = gevent::spawn([] {
      await(gevent::sleep(1s));
      return 1;
    });
    auto joiner = spawn([&]() -> task<> { co_await slow.get(); });
    co_await settle();
    joiner.cancel("enough");
    const std::string end = co_await outcome_of([&]() -> task<> { co_await joiner.join(); });
    EXPECT_THAT(end, testing::HasSubstr("enough"));
    EXPECT_EQ(co_await slow.get(), 1);
  });
}

TEST_P(GreenletCellTest, KilledGreenletLeavesThePortableTaskItJoins) {
  run([&]() -> task<> {
    auto slow = spawn([]() -> task<int> {
      co_await crossfade::sleep(1s);
      co_return 1;
    });
    const auto joiner = gevent::spawn([&] { await(slow.join()); });
    co_await settle();
    co_await joiner.kill();
    EXPECT_TRUE(joiner.successful());
    EXPECT_NE(joiner.exit(), nullptr);
    const int value = co_await slow.join();
    EXPECT_EQ(value, 1);
  });
}

TEST_P(GreenletCellTest, KilledGreenletLeavesTheQueueOfALock) {
  run([&]() -> task<> {
    lock lock;
    std::string order;
    const auto take = [&](char name) {
      const auto guard = await(lock.acquire());
      order += name;
    };
    const auto first = gevent::spawn([&] {
      const auto guard = await(lock.acquire());
      await(gevent::sleep(1s));
    });
    const auto victim = gevent::spawn(take, 'v');
    const auto last = gevent::spawn(take, 'l');
    co_await settle();
    co_await victim.kill();
    co_await last.join();
    EXPECT_EQ(order, "l");
    EXPECT_TRUE(first.ready());
  });
}

TEST_P(GreenletCellTest, KillOfOneWhoseThreadRunsComesAtItsNextWait) {
  run([&]() -> task<> {
    int got = 0;
    const auto victim = gevent::spawn([&] {
      got = await(to_thread([] { return 5; }));
      await(gevent::sleep(1h));
    });
    co_await gevent::sleep();
    victim.kill_nowait();
    co_await victim.join();
    EXPECT_EQ(got, 5);
    EXPECT_NE(victim.exit(), nullptr);
  });
}

TEST_P(GreenletCellTest, TimeoutIsThrownOutOfAPortableWait) {
  run([&]() -> task<> {
    gevent::timeout limit(1s);
    limit.start();
    bool mine = false;
    try {
      co_await crossfade::sleep(1h);
    } catch (const gevent::timeout_expired& error) {
      mine = limit.raised(error);
    }
    EXPECT_TRUE(mine);
    EXPECT_FALSE(limit.pending());
  });
}

TEST_P(GreenletCellTest, PortableTimeoutEndsAWaitForAGreenlet) {
  run([&]() -> task<> {
    const auto slow = gevent::spawn([] { await(gevent::sleep(1h)); });
    const std::string end = co_await outcome_of(
        [&]() -> task<> { co_await with_timeout(1s, [&]() -> task<> { co_await slow.join(); }); });
    EXPECT_THAT(end, testing::HasSubstr("timed out"));
    EXPECT_FALSE(slow.ready());
    co_await slow.kill();
  });
}

TEST_P(GreenletCellTest, LoopExitIsThrownWhereMainWaitsAndMainMayGoOn) {
  run([&]() -> task<> {
    gevent::event never;
    const auto stuck = gevent::spawn([&] { await(never.wait()); });
    std::string text;
    try {
      co_await never.wait();
    } catch (const gevent::loop_exit& exit) {
      text = exit.what();
    }
    EXPECT_THAT(text, testing::HasSubstr("a gevent event"));
    co_await gevent::get_hub().join();
    EXPECT_FALSE(stuck.ready());
    never.set();
    co_await stuck.join();
  });
}

TEST_P(GreenletCellTest, RlockBelongsToTheTaskThatTookIt) {
  run([&]() -> task<> {
    gevent::rlock lock;
    const bool first = co_await lock.acquire();
    const bool again = co_await lock.acquire();
    EXPECT_TRUE(first && again);
    const auto other = gevent::spawn([&] { return lock.acquire_nowait(); });
    EXPECT_FALSE(co_await other.get());
    const auto thief = gevent::spawn([&] { EXPECT_THROW(lock.release(), gevent::not_owner); });
    co_await thief.get();
    lock.release();
    lock.release();
    EXPECT_EQ(lock.owner(), std::nullopt);
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, GreenletCellTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
