#include "compat/keyed_lock.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using KeyedLockTest = pair_test;

TEST_P(KeyedLockTest, HandsAKeyOverInTheOrderAsked) {
  keyed_lock<std::string> locks;
  std::string order;
  auto worker = [&](char name) -> task<> {
    auto guard = co_await locks.acquire("key");
    order += name;
    co_await checkpoint();
  };
  run([&](task_group& group) {
    a().spawn(group, worker, '1');
    b().spawn(group, worker, '2');
    a().spawn(group, worker, '3');
    b().spawn(group, worker, '4');
  });
  EXPECT_EQ(order, "1234");
}

TEST_P(KeyedLockTest, KeysDoNotWaitForEachOther) {
  keyed_lock<int> locks;
  auto worker = [&](int key) -> task<> {
    auto guard = co_await locks.acquire(key);
    co_await sleep(1ms);
  };
  run([&](task_group& group) {
    for (int key = 0; key < 3; ++key) {
      a().spawn(group, worker, key);
      b().spawn(group, worker, key);
    }
  });
  EXPECT_EQ(loop_.now().time_since_epoch(), 2ms);
}

TEST_P(KeyedLockTest, LetsNobodyInBetweenReleaseAndTheWaitersTurn) {
  keyed_lock<int> locks;
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      {
        auto guard = co_await locks.acquire(1);
        co_await checkpoint();
      }
      EXPECT_FALSE(locks.try_acquire(1));
      auto again = co_await locks.acquire(1);
      order += 'a';
    });
    b().spawn(group, [&]() -> task<> {
      auto guard = co_await locks.acquire(1);
      order += 'b';
    });
  });
  EXPECT_EQ(order, "ba");
}

TEST_P(KeyedLockTest, KeyGoesWhenNobodyHoldsItOrWaitsForIt) {
  keyed_lock<int> locks;
  run([&](task_group& group) -> task<> {
    auto one = co_await locks.acquire(1);
    auto two = co_await locks.acquire(2);
    EXPECT_EQ(locks.size(), 2U);
    two.release();
    EXPECT_EQ(locks.size(), 1U);
    auto waiter = a().spawn(group, [&]() -> task<> { auto mine = co_await locks.acquire(1); });
    auto leaver = b().spawn(group, [&]() -> task<> { auto mine = co_await locks.acquire(1); });
    co_await settle();
    leaver.cancel();
    co_await settle();
    one.release();
    EXPECT_EQ(locks.holder(1), waiter.id());
    EXPECT_EQ(locks.holder(2), 0U);
    co_await waiter.join();
    EXPECT_EQ(locks.size(), 0U);
    EXPECT_FALSE(locks.is_held(1));
  });
}

TEST_P(KeyedLockTest, CancelledWaiterLeavesTheQueue) {
  keyed_lock<int> locks;
  std::string order;
  auto worker = [&](char name) -> task<> {
    auto guard = co_await locks.acquire(1);
    order += name;
  };
  run([&](task_group& group) -> task<> {
    auto guard = co_await locks.acquire(1);
    a().spawn(group, worker, '1');
    auto leaver = b().spawn(group, worker, '2');
    a().spawn(group, worker, '3');
    co_await settle();
    leaver.cancel();
    co_await settle();
    EXPECT_TRUE(leaver.done());
  });
  EXPECT_EQ(order, "13");
}

TEST_P(KeyedLockTest, PromisedKeyIsHadAndTheCancellationComesAtTheNextWait) {
  keyed_lock<int> locks;
  std::string order;
  run([&](task_group& group) -> task<> {
    auto guard = co_await locks.acquire(1);
    auto next = a().spawn(group, [&]() -> task<> {
      auto mine = co_await locks.acquire(1);
      order += 'a';
      co_await checkpoint();
      order += '!';
    });
    b().spawn(group, [&]() -> task<> {
      auto mine = co_await locks.acquire(1);
      order += 'b';
    });
    co_await settle();
    guard.release();
    next.cancel();
  });
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(locks.size(), 0U);
}

TEST_P(KeyedLockTest, TakingAKeyTwiceIsRefusedAndNamesTheTask) {
  keyed_lock<int> locks;
  std::string refusal;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto guard = co_await locks.acquire(1);
      auto other = co_await locks.acquire(2);
      refusal = co_await outcome_of([&]() -> task<> { auto again = co_await locks.acquire(1); });
      EXPECT_FALSE(locks.try_acquire(1));
      EXPECT_EQ(locks.size(), 2U);
    });
  });
  EXPECT_THAT(refusal,
              testing::MatchesRegex("usage_error: task .* acquires a key of a keyed lock that it "
                                    "already holds: release .*"));
}

TEST_P(KeyedLockTest, TryingNeverWaits) {
  keyed_lock<int> locks;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      const auto guard = locks.try_acquire(1);
      EXPECT_TRUE(guard);
      co_await settle();
    });
    b().spawn(group, [&]() -> task<> {
      EXPECT_FALSE(locks.try_acquire(1));
      EXPECT_TRUE(locks.try_acquire(2));
      co_return;
    });
  });
  EXPECT_EQ(locks.size(), 0U);
}

TEST_P(KeyedLockTest, GuardReleasedByAnotherTaskIsRefusedAndNamesBoth) {
  keyed_lock<int> locks;
  std::optional<keyed_lock<int>::guard> passed;
  std::string refusal;
  run([&](task_group& group) -> task<> {
    auto owner = a().spawn(group, [&]() -> task<> {
      passed.emplace(co_await locks.acquire(1));
      co_await settle();
    });
    co_await checkpoint();
    b().spawn(group, [&]() -> task<> {
      refusal = co_await outcome_of([&] { passed->release(); });
      EXPECT_EQ(locks.size(), 0U);
    });
    co_await owner.join();
    EXPECT_THAT(refusal,
                testing::MatchesRegex("usage_error: task .* releases a guard of task " +
                                      std::to_string(owner.id()) + " .*: .* semaphore .*"));
  });
}

// Keys need no hash, and what only moves will do.
TEST_P(KeyedLockTest, TakesAnyKeyThatCanBeCompared) {
  keyed_lock<std::pair<std::string, int>> locks;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto guard = co_await locks.acquire({"chain", 1});
      EXPECT_TRUE(locks.is_held({"chain", 1}));
      EXPECT_FALSE(locks.is_held({"chain", 2}));
    });
  });
}

// Tasks that each use one key, then hold it while they use another.
void crossing_use(const std::function<void(const cast&)>& play) {
  keyed_lock<int> locks;
  std::map<int, int> inside;
  struct visit {
    explicit visit(int& count) : inside(count) { EXPECT_EQ(++inside, 1); }
    ~visit() { --inside; }
    int& inside;
  };
  auto user = [&]() -> task<> {
    for (int i = 0; i < 2; ++i) {
      auto low = co_await locks.acquire(1);
      const visit here(inside[1]);
      co_await checkpoint();
      auto high = co_await locks.acquire(2);
      const visit there(inside[2]);
      co_await sleep(1ms);
    }
  };
  auto other = [&]() -> task<> {
    auto high = co_await locks.acquire(2);
    const visit there(inside[2]);
    co_await sleep(1ms);
  };
  play({.before = {other}, .victim = user, .after = {user, other}});
  EXPECT_EQ(locks.size(), 0U);
  EXPECT_EQ(inside[1] + inside[2], 0);
}

TEST_P(KeyedLockTest, NoKeyIsLostWhereverItsUserIsCancelled) { sweep(GetParam(), crossing_use); }

INSTANTIATE_TEST_SUITE_P(Hosts, KeyedLockTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
