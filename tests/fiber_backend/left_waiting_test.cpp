#include <boost/fiber/all.hpp>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "compat/cleanup.hpp"
#include "compat/event.hpp"
#include "compat/on_fiber.hpp"
#include "fiber_backend/detail/stack_switch.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace fibers = boost::fibers;

// Tasks that wait by Boost.Fiber's own means, where no cancellation reaches, when the run ends. The
// carrier of the cell is theirs as well: they wait as fibers, or in portals.
class LeftWaitingTest : public cell_test {
 protected:
  // Boost.Fiber knows the real clock alone.
  LeftWaitingTest() : cell_test({.virtual_time = false}) {}

  static handle<> spawn_on_stack(std::function<void()> text) {
    return spawn({.name = "left"},
                 [text = std::move(text)]() -> task<> { co_await on_fiber(text); });
  }

  // A run that ends with the tasks where they wait; gives what was said of them.
  std::string leave(const std::vector<std::function<void()>>& texts) {
    run([&]() -> task<> {
      for (const auto& text : texts) spawn_on_stack(text).detach();
      co_await settle();
    });
    const std::vector<std::string> said = take_reports();
    EXPECT_THAT(said, SizeIs(2));
    EXPECT_THAT(said.front(), HasSubstr("tasks were left"));  // the kit's own
    return said.back();
  }

  // Another run, after which nobody is left.
  void go_on(const std::function<void()>& wake) {
    run([&]() -> task<> {
      co_await on_fiber(wake);
      co_await settle();
    });
    EXPECT_THAT(loop_.tasks(), IsEmpty());
  }
};
INSTANTIATE_TEST_SUITE_P(Cells, LeftWaitingTest, cells(), cell_name);

TEST_P(LeftWaitingTest, AreReportedWhenRunEndsAndGoOnInTheNext) {
  fibers::promise<void> promise;
  bool woken = false;
  const std::string said = leave({[&] {
    promise.get_future().wait();
    woken = true;
  }});
  EXPECT_THAT(said, HasSubstr("leaves tasks in waits of Boost.Fiber"));
  EXPECT_THAT(said, ContainsRegex("\n  task 2 'left' \\([a-z]+\\) was cancelled, (waits|has waited)"
                                  "( in a portal)?.* for a Boost.Fiber primitive, spawned at "
                                  ".*left_waiting_test.cpp:[0-9]+ by task 1"));
  EXPECT_THAT(loop_.tasks(), SizeIs(1));
  EXPECT_FALSE(woken);  // nor unwound
  go_on([&] { promise.set_value(); });
  EXPECT_TRUE(woken);
}

TEST_P(LeftWaitingTest, MayWaitForAnyOfItsObjects) {
  fibers::mutex mutex;
  fibers::condition_variable never;
  fibers::buffered_channel<int> items(2);
  fibers::unbuffered_channel<int> handed_over;
  fibers::barrier barrier(2);
  fibers::promise<void> promise;
  bool stop = false;
  int ended = 0;
  const std::string said = leave({
      [&] {
        const std::lock_guard guard(mutex);
        promise.get_future().wait();
        ++ended;
      },
      [&] {
        const std::lock_guard guard(mutex);
        ++ended;
      },
      [&] {
        fibers::mutex own;
        std::unique_lock guard(own);
        never.wait(guard, [&] { return stop; });
        ++ended;
      },
      [&] {
        int item = 0;
        EXPECT_EQ(items.pop(item), fibers::channel_op_status::closed);
        ++ended;
      },
      [&] {
        EXPECT_EQ(handed_over.push(1), fibers::channel_op_status::closed);
        ++ended;
      },
      [&] {
        barrier.wait();
        ++ended;
      },
  });
  for (int task = 2; task <= 7; ++task)
    EXPECT_THAT(said, HasSubstr("\n  task " + std::to_string(task) + " 'left'"));
  EXPECT_EQ(ended, 0);
  go_on([&] {
    promise.set_value();
    stop = true;
    never.notify_all();
    items.close();
    handed_over.close();
    barrier.wait();
  });
  EXPECT_EQ(ended, 6);
}

TEST_P(LeftWaitingTest, AreCancelledAtTheirNextWaitOfOurs) {
  fibers::promise<void> promise;
  std::string said;
  leave({[&] {
    promise.get_future().wait();
    try {
      await(checkpoint());
    } catch (...) {
      said = outcome(std::current_exception());
      throw;
    }
  }});
  go_on([&] { promise.set_value(); });
  EXPECT_EQ(said, "cancelled: the loop ends");
}

TEST_P(LeftWaitingTest, TakeNothingFromWhatRunGives) {
  fibers::promise<void> promise;
  const auto text = [&] { promise.get_future().wait(); };
  EXPECT_EQ(loop_.run(carrier(),
                      [&]() -> task<int> {
                        spawn_on_stack(text).detach();
                        co_await settle();
                        co_return 7;
                      }),
            7);
  EXPECT_THROW(loop_.run(carrier(),
                         []() -> task<> {
                           co_await settle();
                           throw std::runtime_error("main fails");
                         }),
               std::runtime_error);
  // Each run says who is left.
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("'left'"), HasSubstr("'left'")));
  go_on([&] { promise.set_value(); });
}

TEST_P(LeftWaitingTest, DoNotKeepTheOthersFromTheirEnd) {
  fibers::promise<void> promise;
  bool cleaned = false;
  const auto cleans = [&]() -> task<> {
    auto waits = []() -> task<> { co_await event().wait(); };
    auto cleanup = [&]() -> task<> {
      co_await sleep(1ms);
      cleaned = true;
    };
    co_await try_finally(waits, cleanup);
  };
  run([&]() -> task<> {
    spawn_on_stack([&] { promise.get_future().wait(); }).detach();
    spawn(cleans).detach();
    co_await settle();
  });
  EXPECT_TRUE(cleaned);
  EXPECT_THAT(loop_.tasks(), SizeIs(1));
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("tasks were left"), HasSubstr("'left'")));
  go_on([&] { promise.set_value(); });
}

// --- what can still wake them ---

TEST_P(LeftWaitingTest, AreNoneWhenTheEndOfAnotherTaskWakesThem) {
  fibers::promise<void> promise;
  const auto keeper = [&]() -> task<> {
    auto waits = []() -> task<> { co_await event().wait(); };
    auto cleanup = [&]() -> task<> {
      co_await checkpoint();
      promise.set_value();
    };
    co_await try_finally(waits, cleanup);
  };
  run([&]() -> task<> {
    spawn_on_stack([&] { promise.get_future().wait(); }).detach();
    spawn(keeper).detach();
    co_await settle();
  });
  EXPECT_THAT(loop_.tasks(), IsEmpty());
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("tasks were left")));
}

TEST_P(LeftWaitingTest, AreNoneWhenTheirWaitHasATimeout) {
  bool ended = false;
  run([&]() -> task<> {
    spawn_on_stack([&] {
      fibers::mutex mutex;
      std::unique_lock guard(mutex);
      fibers::condition_variable().wait_for(guard, 1ms, [] { return false; });
      ended = true;
    }).detach();
    co_await settle();
  });
  EXPECT_TRUE(ended);
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("tasks were left")));
}

// --- the end of their stacks ---

TEST_P(LeftWaitingTest, EndTheProgramWithTheirNamesWhenTheirBackendIsDestroyed) {
  EXPECT_EXIT(
      {
        fibers::promise<void> promise;
        loop owner;
        both_backends backends(owner);
        backends.run(GetParam(), [&]() -> task<> {
          spawn_on_stack([&] { promise.get_future().wait(); }).detach();
          co_await settle();
        });
      },
      testing::KilledBySignal(SIGABRT),
      ContainsRegex("a fiber_backend::backend is destroyed under tasks that have not ended.*:\n"
                    "  task 2 'left', spawned at .*left_waiting_test.cpp:[0-9]+\n"));
}

TEST(LeftOnAStackTest, BySwallowedCancellationsEndsTheProgramAsWell) {
  EXPECT_EXIT(
      {
        loop owner;
        fiber_backend::backend fiber(owner);
        owner.run(fiber, [] {
          spawn([] {
            for (;;) {
              try {
                await(event().wait());
              } catch (...) {
              }
            }
          }).detach();
          await(checkpoint());
        });
      },
      testing::KilledBySignal(SIGABRT),
      AllOf(HasSubstr("leaves tasks that swallow every cancellation\n  task 2 (fiber) was"),
            HasSubstr("is destroyed under tasks that have not ended")));
}

#if !defined(CROSSFADE_TSAN)
// Between runs Boost.Fiber switches by itself, of which ThreadSanitizer is not told.
TEST_P(LeftWaitingTest, MayEndBetweenTwoRuns) {
  fibers::promise<void> promise;
  int ended = 0;
  const auto text = [&, shared = promise.get_future().share()] {
    shared.wait();
    ++ended;
  };
  leave({text, text});
  promise.set_value();
  fibers::fiber([] {}).join();
  EXPECT_EQ(ended, 2);
  go_on([] {});  // a portal's coroutine ends in a run
}

#if !defined(CROSSFADE_ASAN)
// AddressSanitizer takes an exception for an error there.
TEST_P(LeftWaitingTest, MayNotWaitByOurMeansBetweenTwoRuns) {
  fibers::promise<void> promise;
  std::string said;
  leave({[&] {
    promise.get_future().wait();
    try {
      await(checkpoint());
    } catch (...) {
      said = outcome(std::current_exception());
    }
  }});
  promise.set_value();
  fibers::fiber([] {}).join();
  EXPECT_THAT(said, testing::StartsWith("usage_error: a wait outside of a task"));
  go_on([] {});
}
#endif
#endif

}  // namespace
}  // namespace crossfade
