// Where gevent and asyncio differ, or both differ from us, and no test of the part in question says
// what holds here. MIGRATION.md has the whole list, with the test of each row.

#include <optional>
#include <string>

#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::StartsWith;

class DifferencesTest : public pair_test {
 protected:
  event never_;
};

TEST_P(DifferencesTest, CancelReturnsBeforeTheTaskHasEnded) {
  std::string order;
  run([&](task_group& group) -> task<> {
    auto victim = a().spawn(group, [&]() -> task<> {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
        order += 'v';
        throw;
      }
    });
    b().spawn(group, [&]() -> task<> {
      co_await checkpoint();
      victim.cancel();
      order += 'c';
      EXPECT_FALSE(victim.done());
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await victim.join(); }),
                  StartsWith("task_cancelled"));
      order += 'j';
    });
    co_await settle();
  });
  EXPECT_EQ(order, "cvj");
}

TEST_P(DifferencesTest, CancellationForWhichNoWaitComesIsNeverDelivered) {
  run([&](task_group& group) -> task<> {
    std::optional<child<>> subject;
    subject.emplace(a().spawn(group, [&]() -> task<> {
      co_await checkpoint();
      subject->cancel("too late");
    }));
    auto joiner = b().spawn(group, [&]() -> task<> { co_await subject->join(); });
    co_await joiner.join();
  });
  EXPECT_THAT(take_reports(), testing::IsEmpty());  // it swallowed nothing
}

TEST_P(DifferencesTest, SecondReasonForACancellationIsForgotten) {
  run([&](task_group& group) -> task<> {
    auto victim = a().spawn(group, [&]() -> task<> { co_await never_.wait(); });
    co_await settle();
    victim.cancel("first");
    b().spawn(group, [&]() -> task<> {
      victim.cancel("second");
      co_return;
    });
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await victim.join(); }),
                testing::EndsWith("was cancelled: first"));
  });
}

TEST_P(DifferencesTest, LockThatIsNotHadInTimeThrowsAndStaysWithItsHolder) {
  lock shared;
  run([&](task_group& group) -> task<> {
    a().spawn(group, [&]() -> task<> {
      auto guard = co_await shared.acquire();
      co_await sleep(10ms);
      EXPECT_TRUE(shared.is_held());
    });
    auto late = b().spawn(group, [&]() -> task<> {
      co_await checkpoint();
      auto acquire = [&]() -> task<> { auto guard = co_await shared.acquire(); };
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, acquire); }),
                  StartsWith("timeout_error"));
    });
    co_await late.join();
  });
  EXPECT_FALSE(shared.is_held());
}

TEST_P(DifferencesTest, EventThatIsNotSetInTimeThrows) {
  event happened;
  run([&](task_group& group) -> task<> {
    auto waiter = a().spawn(group, [&]() -> task<> {
      auto wait = [&]() -> task<> { co_await happened.wait(); };
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, wait); }),
                  StartsWith("timeout_error"));
      co_await with_timeout(10ms, wait);  // set by then
    });
    b().spawn(group, [&]() -> task<> {
      co_await sleep(5ms);
      happened.set();
    });
    co_await waiter.join();
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, DifferencesTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
