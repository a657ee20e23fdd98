#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/future.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "compat/event.hpp"
#include "compat/on_fiber.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

// Code that already uses Boost.Fiber runs on our loop: in our fibers, in portals, and in fibers of
// its own beside them.
class BoostFiberTest : public loop_test {
 protected:
  BoostFiberTest() : loop_test(false) {}  // Boost.Fiber's sleeps know no virtual clock

  // As a fiber task, and again through a portal of a coroutine.
  void run_in_both(const std::function<void()>& text) {
    {
      SCOPED_TRACE("fiber");
      loop_.run(backends_.fiber, text);
    }
    SCOPED_TRACE("portal");
    loop_.run(backends_.coro, [&]() -> task<> { co_await on_fiber(text); });
  }
};

TEST_F(BoostFiberTest, MutexExcludes) {
  run_in_both([] {
    boost::fibers::mutex mutex;
    int inside = 0;
    int visits = 0;
    auto visit = [&](auto pause) {
      for (int i = 0; i < 3; ++i) {
        const std::lock_guard guard(mutex);
        EXPECT_EQ(++inside, 1);
        pause();
        --inside;
        ++visits;
      }
    };
    auto our_visit = [&] { visit([] { await(checkpoint()); }); };
    auto ours = spawn([&]() -> task<> { co_await on_fiber(our_visit); });
    boost::fibers::fiber theirs([&] { visit([] { boost::this_fiber::yield(); }); });
    our_visit();
    theirs.join();
    await(ours.join());
    EXPECT_EQ(visits, 9);
  });
}

TEST_F(BoostFiberTest, ConditionVariableWakes) {
  run_in_both([] {
    boost::fibers::mutex mutex;
    boost::fibers::condition_variable changed;
    int turn = 0;
    std::string order;
    auto player = [&](int mine, char name) {
      for (int i = 0; i < 3; ++i) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return turn % 2 == mine; });
        order += name;
        ++turn;
        changed.notify_all();
      }
    };
    boost::fibers::fiber theirs([&] { player(0, 't'); });
    player(1, 'o');
    theirs.join();
    EXPECT_EQ(order, "tototo");
  });
}

TEST_F(BoostFiberTest, ChannelCarriesBothWays) {
  run_in_both([] {
    boost::fibers::buffered_channel<int> requests(2);
    boost::fibers::buffered_channel<int> answers(2);
    boost::fibers::fiber theirs([&] {
      for (int n : requests) answers.push(n * n);
      answers.close();
    });
    std::vector<int> squares;
    for (int i = 1; i <= 5; ++i) {
      requests.push(i);
      squares.push_back(answers.value_pop());
    }
    requests.close();
    theirs.join();
    EXPECT_THAT(squares, testing::ElementsAre(1, 4, 9, 16, 25));
  });
}

TEST_F(BoostFiberTest, FutureGivesValueAndError) {
  run_in_both([] {
    auto value = boost::fibers::async([] {
      boost::this_fiber::yield();
      return 42;
    });
    EXPECT_EQ(value.get(), 42);
    auto error = boost::fibers::async([] { throw std::runtime_error("oh"); });
    EXPECT_THROW(error.get(), std::runtime_error);
  });
}

TEST_F(BoostFiberTest, PromiseIsKeptByAnotherThread) {
  run_in_both([] {
    boost::fibers::promise<int> promise;
    auto future = promise.get_future();
    std::thread keeper([&] { promise.set_value(7); });
    EXPECT_EQ(future.get(), 7);
    keeper.join();
  });
}

TEST_F(BoostFiberTest, YieldTakesItsTurnsWithOurs) {
  run_in_both([] {
    std::string order;
    auto ours = spawn([&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        order += 'o';
        co_await checkpoint();
      }
    });
    boost::fibers::fiber theirs([&] {
      for (int i = 0; i < 3; ++i) {
        order += 't';
        boost::this_fiber::yield();
      }
    });
    theirs.join();
    await(ours.join());
    EXPECT_EQ(order, "ototot");
  });
}

TEST_F(BoostFiberTest, SleepWakesInOurFibersAndInTheirs) {
  run_in_both([&] {
    const time_point before = loop_.now();
    boost::fibers::fiber theirs([] { boost::this_fiber::sleep_for(2ms); });
    boost::this_fiber::sleep_for(2ms);
    theirs.join();
    EXPECT_GE(loop_.now() - before, 2ms);
  });
}

TEST_F(BoostFiberTest, OursRunWhileTheirsSleep) {
  run_in_both([&] {
    bool asleep = true;
    boost::fibers::fiber theirs([&] {
      boost::this_fiber::sleep_for(1ms);
      asleep = false;
    });
    while (asleep) await(checkpoint());  // hangs if the sleeper is starved
    theirs.join();
  });
}

TEST_F(BoostFiberTest, TheirFibersWakeOurPrimitives) {
  run_in_both([] {
    event ready;
    boost::fibers::fiber theirs([&] { ready.set(); });
    await(ready.wait());
    theirs.join();
  });
}

TEST_F(BoostFiberTest, TheirFibersMayOutliveTheRun) {
  boost::fibers::promise<int> promise;
  int got = 0;
  boost::fibers::fiber theirs;
  loop_.run(backends_.fiber, [&] {
    theirs = boost::fibers::fiber([&] { got = promise.get_future().get(); });
    boost::this_fiber::yield();
  });
  promise.set_value(3);
  theirs.join();  // under Boost.Fiber's own scheduling
  EXPECT_EQ(got, 3);
}

TEST_F(BoostFiberTest, TheirWaitOutsideOfAFiberEndsTheProgramWithTheReason) {
  EXPECT_DEATH(loop_.run(backends_.coro,
                         []() -> task<> {
                           boost::this_fiber::sleep_for(1ms);
                           co_return;
                         }),
               "a Boost.Fiber wait in a callback or a coroutine.*on_fiber");
}

}  // namespace
}  // namespace crossfade
