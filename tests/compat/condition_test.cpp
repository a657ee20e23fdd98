#include "compat/condition.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

class ConditionTest : public pair_test {
 protected:
  // Waits once, then says its name while it holds the lock.
  task<> wait_and_say(char name) {
    auto guard = co_await lock_.acquire();
    co_await changed_.wait();
    order_ += name;
  }
  auto waiter() {
    return [this](char name) { return wait_and_say(name); };
  }

  lock lock_;
  condition changed_{lock_};
  std::string order_;
};

TEST_P(ConditionTest, NotifiesInTheOrderTheyCame) {
  run([&](task_group& group) -> task<> {
    a().spawn(group, waiter(), '1');
    b().spawn(group, waiter(), '2');
    a().spawn(group, waiter(), '3');
    co_await settle();
    {
      auto guard = co_await lock_.acquire();
      changed_.notify_one();
    }
    co_await settle();
    EXPECT_EQ(order_, "1");
    auto guard = co_await lock_.acquire();
    changed_.notify_all();
  });
  EXPECT_EQ(order_, "123");
}

TEST_P(ConditionTest, NotifiedWaiterHasToTakeTheLockAgainBehindTheOthers) {
  run([&](task_group& group) -> task<> {
    a().spawn(group, waiter(), 'w');
    co_await settle();
    auto guard = co_await lock_.acquire();
    b().spawn(group, [&]() -> task<> {
      auto mine = co_await lock_.acquire();
      order_ += 'l';
    });
    co_await settle();
    changed_.notify_one();
    co_await settle();
    EXPECT_EQ(order_, "");  // the notifier holds the lock
  });
  EXPECT_EQ(order_, "lw");
}

TEST_P(ConditionTest, WaitingOrNotifyingWithoutTheLockIsRefusedAndNamesWhoHoldsIt) {
  std::vector<std::string> refusals;
  std::string holder;
  run([&](task_group& group) -> task<> {
    auto misuse = [&]() -> task<> {
      refusals.push_back(co_await outcome_of([&]() -> task<> { co_await changed_.wait(); }));
      refusals.push_back(co_await outcome_of([&] { changed_.notify_one(); }));
    };
    auto first = a().spawn(group, misuse);
    co_await first.join();
    auto guard = co_await lock_.acquire();
    holder = "task " + std::to_string(lock_.holder());
    auto second = b().spawn(group, misuse);
    co_await second.join();
  });
  const auto refused = [](const std::string& call, const std::string& owner) {
    return testing::MatchesRegex("usage_error: condition::" + call +
                                 ": task .* does not hold the condition's lock, held by " + owner +
                                 ": acquire it first");
  };
  EXPECT_THAT(refusals, testing::ElementsAre(refused("wait", "nobody"), refused("notify", "nobody"),
                                             refused("wait", holder + " .*"),
                                             refused("notify", holder + " .*")));
}

TEST_P(ConditionTest, MayGoOnceItsWaitersAreNotified) {
  std::optional<condition> changed(std::in_place, lock_);
  auto waiting = [&](char name) -> task<> {
    auto guard = co_await lock_.acquire();
    co_await changed->wait();
    order_ += name;
  };
  run([&](task_group& group) -> task<> {
    auto first = a().spawn(group, waiting, '1');
    b().spawn(group, waiting, '2');
    co_await settle();
    auto guard = co_await lock_.acquire();
    changed->notify_all();
    changed.reset();
    first.cancel();
  });
  EXPECT_EQ(order_, "12");
}

TEST_P(ConditionTest, CancelledWaiterHoldsTheLockWhenItThrows) {
  run([&](task_group& group) -> task<> {
    auto waiting = a().spawn(group, [&]() -> task<> {
      auto guard = co_await lock_.acquire();
      try {
        co_await changed_.wait();
      } catch (const cancelled&) {
        order_ += lock_.is_held() ? 'h' : 'f';
        throw;
      }
    });
    co_await settle();
    auto guard = co_await lock_.acquire();
    waiting.cancel();
    co_await settle();
    EXPECT_EQ(order_, "");  // it throws when it has the lock again
    EXPECT_FALSE(waiting.done());
  });
  EXPECT_EQ(order_, "h");
  EXPECT_FALSE(lock_.is_held());
}

TEST_P(ConditionTest, NotificationOfACancelledTaskIsNotLost) {
  run([&](task_group& group) -> task<> {
    auto first = a().spawn(group, waiter(), '1');
    b().spawn(group, waiter(), '2');
    co_await settle();
    auto guard = co_await lock_.acquire();
    first.cancel();  // before the notification, which so goes to the second
    changed_.notify_one();
  });
  EXPECT_EQ(order_, "2");
}

TEST_P(ConditionTest, NotifiedWaiterGoesOnAndIsCancelledAtItsNextWait) {
  run([&](task_group& group) -> task<> {
    auto first = a().spawn(group, waiter(), '1');
    auto second = b().spawn(group, waiter(), '2');
    co_await settle();
    {
      auto guard = co_await lock_.acquire();
      changed_.notify_one();
      first.cancel();
    }
    co_await settle();
    EXPECT_EQ(order_, "1");
    second.cancel();
  });
  EXPECT_EQ(order_, "1");
}

// Tasks that take a token each, and one that gives enough for all.
void tokens_for_all(const std::function<void(const cast&)>& play) {
  lock lock;
  condition changed(lock);
  int tokens = 0;
  int taken = 0;
  int given = 0;
  auto taker = [&]() -> task<> {
    auto guard = co_await lock.acquire();
    // NOLINTNEXTLINE(bugprone-infinite-loop): others change it while this one waits
    while (tokens == 0) co_await changed.wait();
    --tokens;
    ++taken;
  };
  auto giver = [&]() -> task<> {
    for (int i = 0; i < 2; ++i) {
      co_await sleep(1ms);
      auto guard = co_await lock.acquire();
      ++tokens;
      ++given;
      changed.notify_one();
    }
  };
  play({.before = {taker}, .victim = taker, .after = {giver}});
  EXPECT_FALSE(lock.is_held());
  EXPECT_EQ(tokens + taken, given);
}

TEST_P(ConditionTest, NoNotificationIsLostWhereverAWaiterIsCancelled) {
  sweep(GetParam(), tokens_for_all);
}

INSTANTIATE_TEST_SUITE_P(Hosts, ConditionTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
