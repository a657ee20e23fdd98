#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/fiber/all.hpp>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "compat/event.hpp"
#include "compat/queue.hpp"
#include "compat/timeout.hpp"
#include "compat/use_op.hpp"
#include "tests/fiber_backend/boost_fiber_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace fibers = boost::fibers;
namespace this_fiber = boost::this_fiber;

// Fibers that Boost.Fiber makes, and tasks of ours that still use its objects, beside ported tasks.
using BoostFiberBesideTest = boost_fiber_test;

TEST_P(BoostFiberBesideTest, MutexIsSharedByTasksOfBothBackendsAndTheirFibers) {
  run([&] {
    fibers::mutex mutex;
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
    auto scene = [&](task_group& group) {
      auto ours = [&] { visit([] { await(checkpoint()); }); };
      group.on(backends_.fiber).spawn(ours);
      group.on(backends_.coro).spawn([&]() -> task<> { co_await on_fiber(ours); });
      fibers::fiber theirs([&] { visit([] { this_fiber::yield(); }); });
      ours();
      theirs.join();
    };
    await(with_task_group(scene));
    EXPECT_EQ(visits, 12);
  });
}

TEST_P(BoostFiberBesideTest, WhatIsReadyTakesItsTurnWhosever) {
  run([&] {
    std::string order;
    auto scene = [&](task_group& group) {
      auto walk = [&](char name) -> task<> {
        for (int i = 0; i < 3; ++i) {
          order += name;
          co_await checkpoint();
        }
      };
      group.on(backends_.coro).spawn(walk, 'c');
      fibers::fiber theirs([&] {
        for (int i = 0; i < 3; ++i) {
          order += 't';
          this_fiber::yield();
        }
      });
      group.on(backends_.fiber).spawn(walk, 'f');
      theirs.join();
    };
    await(with_task_group(scene));
    EXPECT_EQ(order, "ctfctfctf");
  });
}

TEST_P(BoostFiberBesideTest, TheirFibersWakeOurWaits) {
  run([] {
    event ready;
    queue<int> items(1);
    fibers::fiber theirs([&] {
      ready.set();
      EXPECT_TRUE(items.try_put(4));
    });
    await(ready.wait());
    EXPECT_EQ(await(items.get()), 4);
    theirs.join();
  });
}

// A fiber that is no task cannot await one; a promise is the bridge.
TEST_P(BoostFiberBesideTest, OurTasksKeepPromisesToTheirFibers) {
  run([] {
    fibers::promise<int> promise;
    int got = 0;
    fibers::fiber theirs([&] { got = promise.get_future().get(); });
    auto ours = spawn([&]() -> task<> {
      co_await checkpoint();
      promise.set_value(9);
    });
    await(ours.join());
    theirs.join();
    EXPECT_EQ(got, 9);
  });
}

TEST_P(BoostFiberBesideTest, OurWaitInTheirFiberIsRefused) {
  run([] {
    std::string said;
    fibers::fiber theirs([&] {
      try {
        await(checkpoint());
      } catch (...) {
        said = outcome(std::current_exception());
      }
    });
    theirs.join();
    EXPECT_THAT(said, testing::HasSubstr("usage_error: a wait outside of a task"));
  });
}

// Coroutine text, blocking text and fibers of theirs, each waiting for the next: with a value,
// without one, and with any exception.
TEST_P(BoostFiberBesideTest, CallsNestAnyDeepWithValuesAndWithout) {
  run([] {
    struct nested {
      static task<int> coroutine(int depth) {
        co_await checkpoint();
        auto below = [&] { return blocking(depth); };
        co_return co_await on_fiber(below) + 1;
      }
      static int blocking(int depth) {
        auto theirs = fibers::async([&] {
          this_fiber::yield();
          return 1;
        });
        fibers::async([] { this_fiber::yield(); }).get();
        return theirs.get() + (depth == 0 ? 0 : await(coroutine(depth - 1)));
      }
    };
    EXPECT_EQ(nested::blocking(10), 11 + 10);
  });
}

TEST_P(BoostFiberBesideTest, AnyExceptionCrossesFromTheirFiberToACoroutine) {
  run([] {
    struct no_std_exception {
      int value;
    };
    auto through_portal = []() -> task<> {
      auto theirs = [] {
        fibers::async([] {
          this_fiber::yield();
          throw no_std_exception{3};
        }).get();
      };
      co_await on_fiber(theirs);
    };
    int caught = 0;
    try {
      await(through_portal());
    } catch (const no_std_exception& e) {
      caught = e.value;
    }
    EXPECT_EQ(caught, 3);
  });
}

// Boost.Fiber's waits cannot be interrupted; the cancellation comes at the next of ours.
TEST_P(BoostFiberBesideTest, CancellationComesAfterTheirWait) {
  run([] {
    fibers::promise<void> promise;
    bool went_on = false;
    auto waiting = spawn([&]() -> task<> {
      auto theirs = [&] { promise.get_future().wait(); };
      co_await on_fiber(theirs);
      went_on = true;
      co_await checkpoint();
      ADD_FAILURE() << "not cancelled";
    });
    await(checkpoint());
    waiting.cancel("enough");
    await(checkpoint());
    EXPECT_FALSE(waiting.done());
    promise.set_value();
    EXPECT_THAT(await(outcome_of([&]() -> task<> { co_await waiting.join(); })),
                testing::HasSubstr("task_cancelled"));
    EXPECT_TRUE(went_on);
  });
}

TEST_P(BoostFiberBesideTest, TimeoutComesAfterTheirWait) {
  run([] {
    auto slow = []() -> task<> {
      auto theirs = [] { this_fiber::sleep_for(100us); };
      co_await on_fiber(theirs);
      co_await checkpoint();
      ADD_FAILURE() << "not cancelled";
    };
    EXPECT_THAT(await(outcome_of([&]() -> task<> { co_await with_timeout(0s, slow); })),
                testing::HasSubstr("timeout_error"));
  });
}

// --- I/O: no fiber polls for it, and none has to ---

struct connection {
  explicit connection(loop& owner) : near(owner.io()), far(owner.io()) {
    using tcp = boost::asio::ip::tcp;
    tcp::acceptor acceptor(owner.io(), {boost::asio::ip::address_v4::loopback(), 0});
    near.connect(acceptor.local_endpoint());
    acceptor.accept(far);
  }
  boost::asio::ip::tcp::socket near;
  boost::asio::ip::tcp::socket far;
};

TEST_P(BoostFiberBesideTest, CancelledSocketWakesWhoReadsFromIt) {
  run([&] {
    connection c(loop_);
    fibers::fiber theirs([&] { c.near.cancel(); });
    char byte = 0;
    auto read = [&]() -> task<> {
      co_await boost::asio::async_read(c.near, boost::asio::buffer(&byte, 1), use_op);
    };
    EXPECT_THAT(await(outcome_of(read)), testing::HasSubstr("Operation canceled"));
    theirs.join();
  });
}

TEST_P(BoostFiberBesideTest, CompletionHandlersWakeTheirFibers) {
  run([&] {
    connection c(loop_);
    fibers::promise<boost::system::error_code> read;
    char byte = 0;
    boost::asio::async_read(c.near, boost::asio::buffer(&byte, 1),
                            [&](auto error, std::size_t) { read.set_value(error); });
    bool failed = true;
    fibers::fiber theirs([&] { failed = read.get_future().get().failed(); });
    this_fiber::yield();
    boost::asio::write(c.far, boost::asio::buffer("x", 1));
    theirs.join();
    EXPECT_FALSE(failed);
    EXPECT_EQ(byte, 'x');
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, BoostFiberBesideTest, testing::ValuesIn(our_hosts),
                         testing::PrintToStringParamName());

using BoostFiberClockTest = loop_test;

TEST_F(BoostFiberClockTest, TheirSleepsFollowTheRealClockWhereOursIsVirtual) {
  loop_.run(backends_.fiber, [&] {
    const time_point before = loop_.now();
    this_fiber::sleep_for(100us);
    EXPECT_EQ(loop_.now(), before);
    await(sleep(1h));
    EXPECT_EQ(loop_.now(), before + 1h);
  });
}

// --- where there is no fiber ---

using NoFiberTest = loop_test;

TEST_F(NoFiberTest, TheirWaitEndsTheProgramWithTheReason) {
  const char* const reason = "a Boost.Fiber wait in a callback or a coroutine.*on_fiber";
  auto run_text = [&](void (*text)()) {
    loop_.run(backends_.coro, [=]() -> task<> {
      text();
      co_return;
    });
  };
  EXPECT_DEATH(run_text([] { this_fiber::sleep_for(1ms); }), reason);
  EXPECT_DEATH(run_text([] { this_fiber::yield(); }), reason);
  EXPECT_DEATH(run_text([] { fibers::fiber(fibers::launch::dispatch, [] {}).detach(); }), reason);
}

TEST_F(NoFiberTest, CoroutinesMayMakeTheirFibersAndWakeThem) {
  fibers::promise<int> promise;
  int got = 0;
  loop_.run(backends_.coro, [&]() -> task<> {
    fibers::fiber theirs([&] { got = promise.get_future().get(); });
    co_await checkpoint();
    promise.set_value(2);
    auto join = [&] { theirs.join(); };
    co_await on_fiber(join);
  });
  EXPECT_EQ(got, 2);
}

}  // namespace
}  // namespace crossfade
