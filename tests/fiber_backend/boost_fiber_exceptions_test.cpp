#include <boost/fiber/fiber.hpp>
#include <boost/fiber/future.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <exception>
#include <functional>
#include <mutex>
#include <utility>

#include "fiber_backend/detail/stack_switch.hpp"
#include "tests/fiber_backend/boost_fiber_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace fibers = boost::fibers;
namespace this_fiber = boost::this_fiber;

// As `ExceptionsTest`, where a switch happens inside Boost.Fiber.
using BoostFiberExceptionsTest = boost_fiber_test;

// Waits `rounds` times in a handler of `mine`, by `pause`, and rethrows what it handles.
void wait_in_handler(int mine, int rounds, const std::function<void()>& pause) {
  EXPECT_EQ(std::current_exception(), nullptr);
  try {
    throw mine;
  } catch (int) {
    for (int i = 0; i < rounds; ++i) pause();
    try {
      throw;
    } catch (int again) {
      EXPECT_EQ(again, mine);
    }
  }
  EXPECT_EQ(std::current_exception(), nullptr);
}

const auto yield = [] { this_fiber::yield(); };
const auto our_checkpoint = [] { await(checkpoint()); };

TEST_P(BoostFiberExceptionsTest, TwoOfTheirsThatWaitInHandlersRethrowTheirOwn) {
  run([] {
    fibers::fiber a([] { wait_in_handler(1, 3, yield); });
    fibers::fiber b([] { wait_in_handler(2, 1, yield); });
    wait_in_handler(3, 2, yield);
    a.join();
    b.join();
  });
}

TEST_P(BoostFiberExceptionsTest, TheirsBesideOurTasksThatWaitInHandlers) {
  run([&] {
    auto scene = [&](task_group& group) {
      group.on(backends_.fiber).spawn([] { wait_in_handler(1, 4, our_checkpoint); });
      fibers::fiber theirs([] { wait_in_handler(2, 3, yield); });
      group.on(backends_.coro).spawn([]() -> task<> {
        auto portal = [] { wait_in_handler(3, 2, our_checkpoint); };
        co_await on_fiber(portal);
      });
      group.on(backends_.coro).spawn([]() -> task<> {
        for (int i = 0; i < 4; ++i) {
          EXPECT_EQ(std::current_exception(), nullptr);
          co_await checkpoint();
        }
      });
      theirs.join();
    };
    await(with_task_group(scene));
  });
}

TEST_P(BoostFiberExceptionsTest, WaitForAMutexInAHandlerComesBackToIt) {
  run([] {
    fibers::mutex mutex;
    auto lock = [&] {
      const std::lock_guard guard(mutex);
      this_fiber::yield();
    };
    fibers::fiber a([&] { wait_in_handler(1, 2, lock); });
    fibers::fiber b([&] { wait_in_handler(2, 2, lock); });
    a.join();
    b.join();
  });
}

TEST_P(BoostFiberExceptionsTest, FiberLaunchedFromAHandlerHasNoneInFlight) {
  run([] {
    auto launch_another = [] {
      fibers::fiber(fibers::launch::dispatch, [] { wait_in_handler(2, 2, yield); }).join();
    };
    wait_in_handler(1, 2, launch_another);
  });
}

TEST_P(BoostFiberExceptionsTest, WaitsWhileUnwindingKeepTheCountOfWhatIsInFlight) {
  struct waits_while_unwinding {
    ~waits_while_unwinding() {
      EXPECT_EQ(std::uncaught_exceptions(), 1);
      this_fiber::yield();
      EXPECT_EQ(std::uncaught_exceptions(), 1);
    }
  };
  run([] {
    auto unwind = [] {
      try {
        const waits_while_unwinding here;
        throw 1;
      } catch (int n) {
        EXPECT_EQ(n, 1);
      }
    };
    fibers::fiber a(unwind);
    fibers::fiber b([] {
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        this_fiber::yield();
      }
    });
    unwind();
    a.join();
    b.join();
  });
}

#if defined(CROSSFADE_ASAN)
// "WARNING: ASan is ignoring requested __asan_handle_no_return" says that it does not know the
// stack: from then on it may report what is no error.
TEST_P(BoostFiberExceptionsTest, AddressSanitizerKnowsTheStackThatThrows) {
  testing::internal::CaptureStderr();
  run([] {
    auto throw_around_a_wait = [] {
      for (int i = 0; i < 2; ++i) {
        wait_in_handler(i, 1, yield);
      }
    };
    fibers::async(fibers::launch::post, throw_around_a_wait).get();
    fibers::async(fibers::launch::dispatch, throw_around_a_wait).get();
    throw_around_a_wait();
  });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}
#endif

INSTANTIATE_TEST_SUITE_P(Hosts, BoostFiberExceptionsTest, testing::ValuesIn(our_hosts),
                         testing::PrintToStringParamName());

using RunInAHandlerTest = loop_test;

TEST_F(RunInAHandlerTest, TasksSeeNothingOfItAndItComesBack) {
  try {
    throw 5;
  } catch (int) {
    loop_.run(backends_.fiber, [] {
      wait_in_handler(1, 2, yield);
      fibers::fiber([] { wait_in_handler(2, 2, yield); }).join();
    });
    try {
      throw;
    } catch (int again) {
      EXPECT_EQ(again, 5);
    }
  }
}

TEST_F(RunInAHandlerTest, FiberThatWaitsInAHandlerWhenTheRunEndsRethrowsItsOwnInTheNext) {
  fibers::promise<void> promise;
  fibers::fiber theirs;
  loop_.run(backends_.fiber, [&] {
    theirs = fibers::fiber([&] {
      auto future = promise.get_future();
      wait_in_handler(1, 1, [&] { future.wait(); });
    });
    this_fiber::yield();
  });
  loop_.run(backends_.fiber, [&] {
    promise.set_value();
    wait_in_handler(2, 2, yield);
    theirs.join();
  });
}

}  // namespace
}  // namespace crossfade
