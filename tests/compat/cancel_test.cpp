#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "compat/event.hpp"
#include "compat/handle.hpp"
#include "compat/shield.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ElementsAre;
using testing::HasSubstr;

static_assert(!std::is_base_of_v<std::exception, cancelled>,
              "a handler for errors does not catch a cancellation");

// One task in the cell, which the test cancels from outside.
class CancelTest : public cell_test {
 protected:
  // Runs `text` in the cell as a task, lets it come to its wait, then calls `test(task)`.
  template <class Text, class Test>
  void with_task(Text text, Test test) {
    loop_test::run([&](task_group& group) -> task<> {
      auto subject = backends_.spawn(group, GetParam(), text);
      co_await settle();
      co_await test(subject);
    });
  }
  // Keeps what a wait throws, and lets it go on.
  task<> note_interruption(event& never) {
    try {
      co_await never.wait();
    } catch (const cancelled& c) {
      reasons_.push_back(c.reason());
      throw;
    }
  }

  std::vector<std::string> reasons_;
  event never_;
};

TEST_P(CancelTest, IsThrownByTheWaitWithTheFirstReason) {
  with_task([&]() -> task<> { co_await note_interruption(never_); },
            [&](handle<>& subject) -> task<> {
              subject.cancel("first");
              subject.cancel("second");
              EXPECT_THAT(reasons_, ElementsAre());  // cancelling never waits
              EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await subject.join(); }),
                          testing::MatchesRegex("task_cancelled: .* was cancelled: first"));
            });
  EXPECT_THAT(reasons_, ElementsAre("first"));
}

TEST_P(CancelTest, OfATaskThatHasEndedDoesNothing) {
  with_task([]() -> task<> { co_return; },
            [&](handle<>& subject) -> task<> {
              EXPECT_TRUE(subject.done());
              subject.cancel();
              co_await subject.join();
            });
}

TEST_P(CancelTest, OfItselfComesAtTheNextWait) {
  bool after = false;
  run([&]() -> task<> {
    std::optional<handle<>> self;
    self.emplace(spawn([&]() -> task<> {
      self->cancel("enough");
      after = true;
      co_await note_interruption(never_);
    }));
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await self->join(); }),
                HasSubstr("enough"));
  });
  EXPECT_TRUE(after);
  EXPECT_THAT(reasons_, ElementsAre("enough"));
}

TEST_P(CancelTest, ComesAtAWaitThatWouldNotHaveToWait) {
  event ready;
  ready.set();
  bool went_on = false;
  run([&]() -> task<> {
    std::optional<handle<>> self;
    self.emplace(spawn([&]() -> task<> {
      self->cancel();
      co_await ready.wait();
      went_on = true;
    }));
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await self->join(); }),
                HasSubstr("task_cancelled"));
  });
  EXPECT_FALSE(went_on);
}

TEST_P(CancelTest, IsDeliveredOnceSoThatCleanUpMayWait) {
  bool cleaned = false;
  with_task(
      [&]() -> task<> {
        std::exception_ptr interruption;
        try {
          co_await never_.wait();
        } catch (...) {
          interruption = std::current_exception();
        }
        co_await sleep(1ms);
        cleaned = true;
        std::rethrow_exception(interruption);
      },
      [&](handle<>& subject) -> task<> {
        subject.cancel();
        co_await outcome_of([&]() -> task<> { co_await subject.join(); });
      });
  EXPECT_TRUE(cleaned);
}

TEST_P(CancelTest, SwallowedIsReportedOnceWithTheSpawnSite) {
  run([&]() -> task<> {
    auto subject = spawn({.name = "deaf"}, [&]() -> task<> {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
      }
    });
    co_await settle();
    subject.cancel();
    co_await subject.join();
  });
  EXPECT_THAT(take_reports(),
              ElementsAre(testing::AllOf(HasSubstr("'deaf'"), HasSubstr("cancel_test.cpp:"),
                                         HasSubstr("swallowed the cancellation"))));
}

TEST_P(CancelTest, TurnedIntoAnotherErrorIsAFailure) {
  run([&]() -> task<> {
    auto subject = spawn([&]() -> task<> {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
        throw std::runtime_error("while cleaning up");
      }
    });
    co_await settle();
    subject.cancel();
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await subject.join(); }),
              "exception: while cleaning up");
  });
}

TEST_P(CancelTest, ReachesNestedCalls) {
  auto middle = [&]() -> task<> { co_await note_interruption(never_); };
  auto outer = [&]() -> task<> { co_await middle(); };
  with_task(outer, [&](handle<>& subject) -> task<> {
    subject.cancel("deep");
    co_await settle();
    EXPECT_TRUE(subject.done());
  });
  EXPECT_THAT(reasons_, ElementsAre("deep"));
}

using ShieldTest = CancelTest;

TEST_P(ShieldTest, HoldsACancellationUntilTheFirstWaitBehindIt) {
  event go;
  std::string order;
  with_task(
      [&]() -> task<> {
        auto protected_text = [&]() -> task<> {
          co_await go.wait();
          order += 'p';
          co_await sleep(1ms);
          order += 'p';
        };
        co_await shield(protected_text);
        order += 'b';
        co_await note_interruption(never_);
      },
      [&](handle<>& subject) -> task<> {
        subject.cancel("later");
        co_await settle();
        EXPECT_FALSE(subject.done());
        go.set();
        co_await outcome_of([&]() -> task<> { co_await subject.join(); });
      });
  EXPECT_EQ(order, "ppb");
  EXPECT_THAT(reasons_, ElementsAre("later"));
}

TEST_P(ShieldTest, GivesTheValueAndTheErrorOfItsBody) {
  run([]() -> task<> {
    auto value = []() -> task<int> { co_return 5; };
    auto blocking_value = [] { return 6; };
    auto failure = []() -> task<> { throw 7; };
    EXPECT_EQ(co_await shield(value), 5);
    EXPECT_EQ(co_await shield(blocking_value), 6);
    EXPECT_THROW(co_await shield(failure), int);
  });
}

TEST_P(ShieldTest, LetsATimeoutInsideWork) {
  run([&]() -> task<> {
    auto wait = [&]() -> task<> { co_await never_.wait(); };
    auto bounded = [&]() -> task<> { co_await with_timeout(1ms, wait); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await shield(bounded); }),
                HasSubstr("timeout_error"));
  });
}

TEST_P(ShieldTest, HoldsATimeoutFromOutside) {
  bool finished = false;
  run([&]() -> task<> {
    auto slow = [&]() -> task<> {
      co_await sleep(5ms);
      finished = true;
    };
    auto shielded = [&]() -> task<> {
      co_await shield(slow);
      co_await checkpoint();
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, shielded); }),
                HasSubstr("timeout_error"));
  });
  EXPECT_TRUE(finished);
  EXPECT_EQ(loop_.now().time_since_epoch(), 5ms);
}

INSTANTIATE_TEST_SUITE_P(Cells, CancelTest, cells(), cell_name);
INSTANTIATE_TEST_SUITE_P(Cells, ShieldTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
