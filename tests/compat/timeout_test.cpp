#include "compat/timeout.hpp"

#include <optional>
#include <string>

#include "compat/event.hpp"
#include "compat/on_fiber.hpp"
#include "compat/shield.hpp"
#include "compat/spawn.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class TimeoutTest : public cell_test {
 protected:
  duration elapsed() const { return loop_.now().time_since_epoch(); }

  event never_;
};

TEST_P(TimeoutTest, GivesTheValueOfABodyThatEndsInTime) {
  run([&]() -> task<> {
    auto body = []() -> task<int> {
      co_await sleep(1ms);
      co_return 7;
    };
    EXPECT_EQ(co_await with_timeout(2ms, body), 7);
    auto plain = [] { return 8; };
    EXPECT_EQ(co_await with_timeout(2ms, plain), 8);
    co_await sleep(5ms);  // the timer is gone with its scope
  });
}

TEST_P(TimeoutTest, ThrowsOnceTheBodyHasUnwound) {
  std::string order;
  run([&]() -> task<> {
    auto body = [&]() -> task<> {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
        order += 'u';
        throw;
      }
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(5ms, body); }),
                MatchesRegex("timeout_error: task .*: timed out after 0.005.* s"));
    order += 't';
  });
  EXPECT_EQ(order, "ut");
  EXPECT_EQ(elapsed(), 5ms);
}

TEST_P(TimeoutTest, TaskGoesOnUnharmed) {
  run([&]() -> task<> {
    auto body = [&]() -> task<> { co_await never_.wait(); };
    co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, body); });
    co_await sleep(1ms);
  });
  EXPECT_EQ(elapsed(), 2ms);
}

TEST_P(TimeoutTest, InterruptsBlockingText) {
  run([&]() -> task<> {
    auto blocking = [&] { await(never_.wait()); };
    auto body = [&]() -> task<> { co_await on_fiber(blocking); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, body); }),
                StartsWith("timeout_error"));
    auto nested = [&] { await(with_timeout(1ms, blocking)); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await on_fiber(nested); }),
                StartsWith("timeout_error"));
  });
  EXPECT_EQ(elapsed(), 2ms);
}

TEST_P(TimeoutTest, OfNothingExpiresAtTheFirstWaitAndNotBefore) {
  run([&]() -> task<> {
    bool began = false;
    auto waits = [&]() -> task<> {
      began = true;
      co_await checkpoint();
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(0s, waits); }),
                StartsWith("timeout_error"));
    EXPECT_TRUE(began);
    auto does_not_wait = []() -> task<int> { co_return 3; };
    EXPECT_EQ(co_await with_timeout(-1s, does_not_wait), 3);
    co_await checkpoint();  // what did not come to a wait inside is not thrown outside
  });
}

TEST_P(TimeoutTest, WithoutEndNeverExpires) {
  run([&]() -> task<> {
    auto body = []() -> task<> { co_await sleep(24h); };
    co_await with_timeout(duration::max(), body);
  });
}

TEST_P(TimeoutTest, OnlyTheScopeThatExpiredConverts) {
  std::string order;
  auto note = [&](char name, duration length, auto& body) -> task<> {
    try {
      co_await with_timeout(length, body);
    } catch (const timeout_error&) {
      order += name;
      throw;
    } catch (const cancelled&) {
      order += 'c';
      throw;
    }
  };
  run([&]() -> task<> {
    auto wait = [&]() -> task<> { co_await never_.wait(); };
    auto long_inside = [&]() -> task<> { co_await note('i', 10ms, wait); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await note('o', 5ms, long_inside); }),
                HasSubstr("0.005"));
    EXPECT_EQ(order, "co");  // the inner scope sees a cancellation that is not its own
    order.clear();
    auto short_inside = [&]() -> task<> { co_await note('i', 5ms, wait); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await note('o', 10ms, short_inside); }),
                HasSubstr("0.005"));
    EXPECT_EQ(order, "io");  // an ordinary error to the outer scope, which passes it on
  });
}

TEST_P(TimeoutTest, OfTwoThatExpireAtOnceTheOuterConverts) {
  std::string order;
  run([&]() -> task<> {
    auto wait = [&]() -> task<> { co_await never_.wait(); };
    auto inner = [&]() -> task<> {
      try {
        co_await with_timeout(5ms, wait);
      } catch (const timeout_error&) {
        order += 'i';
        throw;
      }
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(5ms, inner); }),
                StartsWith("timeout_error"));
  });
  EXPECT_EQ(order, "");
}

TEST_P(TimeoutTest, SwallowedAndAnsweredWithAValueGivesTheValue) {
  run([&]() -> task<> {
    auto body = [&]() -> task<int> {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
      }
      co_return 4;
    };
    EXPECT_EQ(co_await with_timeout(1ms, body), 4);
    co_await checkpoint();
  });
}

TEST_P(TimeoutTest, PassesErrorsOfTheBodyOn) {
  run([&]() -> task<> {
    auto body = []() -> task<> { throw 1; };
    EXPECT_THROW(co_await with_timeout(1ms, body), int);
    auto foreign = []() -> task<> { throw timeout_error("of somebody else"); };
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, foreign); }),
              "timeout_error: of somebody else");
  });
}

TEST_P(TimeoutTest, CancellationFromOutsideWinsATie) {
  std::string end;
  loop_test::run([&](task_group& group) -> task<> {
    std::optional<child<>> subject;
    auto canceller = group.spawn([&]() -> task<> {
      co_await sleep(5ms);
      subject->cancel("from outside");  // the timeout has rung, its task has not run
    });
    co_await settle();
    auto wait = [&]() -> task<> { co_await never_.wait(); };
    subject.emplace(backends_.spawn(group, GetParam(), [&]() -> task<> {
      try {
        co_await with_timeout(5ms, wait);
      } catch (...) {
        end = outcome(std::current_exception());
        throw;
      }
    }));
    co_await canceller.join();
    co_await settle();
    EXPECT_TRUE(subject->done());
  });
  EXPECT_EQ(end, "cancelled: from outside");
}

TEST_P(TimeoutTest, IsOverBeforeASleepInsideThatIsAsLong) {
  run([&]() -> task<> {
    auto body = []() -> task<> { co_await sleep(5ms); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(5ms, body); }),
                StartsWith("timeout_error"));
  });
}

TEST_P(TimeoutTest, EffectiveDeadlineIsTheEarliestAround) {
  EXPECT_EQ(effective_deadline(), std::nullopt);  // outside of tasks
  run([]() -> task<> {
    EXPECT_EQ(effective_deadline(), std::nullopt);
    auto inner = []() -> task<> {
      EXPECT_EQ(effective_deadline(), time_point(5ms));
      co_return;
    };
    auto outer = [&]() -> task<> {
      EXPECT_EQ(effective_deadline(), time_point(10ms));
      co_await with_timeout(5ms, inner);
      co_await sleep(2ms);
      EXPECT_EQ(effective_deadline(), time_point(10ms));  // a point in time: it does not move
      co_await with_timeout(1h, [] { EXPECT_EQ(effective_deadline(), time_point(10ms)); });
    };
    co_await with_timeout(10ms, outer);
    EXPECT_EQ(effective_deadline(), std::nullopt);
    co_await with_timeout(duration::max(), [] { EXPECT_EQ(effective_deadline(), std::nullopt); });
  });
}

TEST_P(TimeoutTest, EffectiveDeadlineCrossesPortalsAndGroupsAndEndsAtShieldsAndSpawns) {
  run([]() -> task<> {
    auto sees = [](std::optional<time_point> expected) {
      return [=]() -> task<> {
        EXPECT_EQ(effective_deadline(), expected);
        co_return;
      };
    };
    const auto sees_it = sees(time_point(10ms));
    const auto sees_none = sees(std::nullopt);
    auto blocking = [&] {
      EXPECT_EQ(effective_deadline(), time_point(10ms));
      await(sees_it());
    };
    auto in_group = [&](task_group& group) -> task<> {
      auto late = [&]() -> task<> {
        auto shorter = sees(time_point(3ms));
        co_await with_timeout(3ms, shorter);
        co_await sees_it();
      };
      group.spawn(late);
      auto in_inner_group = [&](task_group& inner) { inner.spawn(sees_it); };
      co_await with_task_group(in_inner_group);
    };
    auto shielded = [&]() -> task<> {
      co_await sees_none();
      auto shorter = sees(time_point(3ms));
      co_await with_timeout(3ms, shorter);
    };
    auto body = [&]() -> task<> {
      co_await on_fiber(blocking);
      co_await with_task_group(in_group);
      co_await shield(shielded);
      co_await spawn(sees_none).join();
    };
    co_await with_timeout(10ms, body);
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, TimeoutTest, cells(), cell_name);

using TimeoutSweepTest = pair_test;

TEST_P(TimeoutSweepTest, ScopesCloseWhereverTheirTaskIsCancelled) {
  sweep(GetParam(), [](const auto& play) {
    event go;
    int open = 0;
    struct scope {
      explicit scope(int& n) : count(n) { ++count; }
      ~scope() { --count; }
      int& count;
    };
    auto slow = [&]() -> task<> {
      const scope here(open);
      co_await sleep(10ms);
    };
    auto waits_for_go = [&]() -> task<> {
      const scope here(open);
      co_await go.wait();
    };
    auto user = [&]() -> task<> {
      co_await with_timeout(5ms, waits_for_go);
      try {
        co_await with_timeout(5ms, slow);
        ADD_FAILURE() << "did not time out";
      } catch (const timeout_error&) {
      }
      co_await checkpoint();
    };
    auto setter = [&]() -> task<> {
      co_await sleep(3ms);
      go.set();
    };
    play({.before = {}, .victim = user, .after = {setter, user}});
    EXPECT_EQ(open, 0);
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, TimeoutSweepTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
