#include "compat/lock.hpp"

#include <functional>
#include <optional>
#include <string>

#include "compat/on_fiber.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using LockTest = pair_test;

TEST_P(LockTest, HandsOverInTheOrderAsked) {
  lock lock;
  std::string order;
  auto worker = [&](char name) -> task<> {
    auto guard = co_await lock.acquire();
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

TEST_P(LockTest, LetsNobodyInBetweenReleaseAndTheWaitersTurn) {
  lock lock;
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      {
        auto guard = co_await lock.acquire();
        co_await checkpoint();
      }
      EXPECT_TRUE(lock.is_held());  // by the waiter, which has not run
      auto again = co_await lock.acquire();
      order += 'a';
    });
    b().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      order += 'b';
    });
  });
  EXPECT_EQ(order, "ba");
  EXPECT_FALSE(lock.is_held());
}

TEST_P(LockTest, KeepsWaitersUntilItsGuardGoes) {
  lock lock;
  bool entered = false;
  run([&](task_group& group) -> task<> {
    auto guard = co_await lock.acquire();
    a().spawn(group, [&]() -> task<> {
      auto inner = co_await lock.acquire();
      entered = true;
    });
    co_await settle();
    EXPECT_FALSE(entered);
    guard.release();
    EXPECT_FALSE(entered);
    co_await settle();
    EXPECT_TRUE(entered);
  });
}

TEST_P(LockTest, CancelledWaiterLeavesTheQueue) {
  lock lock;
  std::string order;
  auto worker = [&](char name) -> task<> {
    auto guard = co_await lock.acquire();
    order += name;
  };
  run([&](task_group& group) -> task<> {
    auto guard = co_await lock.acquire();
    a().spawn(group, worker, '1');
    auto leaver = b().spawn(group, worker, '2');
    a().spawn(group, worker, '3');
    co_await settle();
    leaver.cancel();
    co_await settle();
    EXPECT_TRUE(leaver.done());
    EXPECT_EQ(order, "");
  });
  EXPECT_EQ(order, "13");
}

TEST_P(LockTest, PromisedLockIsHadAndTheCancellationComesAtTheNextWait) {
  lock lock;
  std::string order;
  run([&](task_group& group) -> task<> {
    auto guard = co_await lock.acquire();
    auto next = a().spawn(group, [&]() -> task<> {
      auto mine = co_await lock.acquire();
      order += 'a';
      co_await checkpoint();
      order += '!';
    });
    b().spawn(group, [&]() -> task<> {
      auto mine = co_await lock.acquire();
      order += 'b';
    });
    co_await settle();
    guard.release();
    next.cancel();
  });
  EXPECT_EQ(order, "ab");
}

TEST_P(LockTest, TakingItTwiceIsRefusedAndNamesTheTask) {
  lock lock;
  std::string refusal;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      refusal = co_await outcome_of([&]() -> task<> { auto second = co_await lock.acquire(); });
      EXPECT_TRUE(lock.is_held());
    });
  });
  EXPECT_THAT(refusal, testing::MatchesRegex(
                           "usage_error: task .* acquires a lock it already holds: release .*"));
  EXPECT_FALSE(lock.is_held());
}

TEST_P(LockTest, TakingItTwiceThroughAPortalIsTheSameTaskAndRefused) {
  lock lock;
  std::string refusal;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      auto blocking = [&] { auto second = await(lock.acquire()); };
      refusal = co_await outcome_of([&]() -> task<> { co_await on_fiber(blocking); });
    });
  });
  EXPECT_THAT(refusal, testing::MatchesRegex("usage_error: task .* already holds: release .*"));
}

TEST_P(LockTest, GuardReleasedByAnotherTaskIsRefusedAndNamesBoth) {
  lock lock;
  std::optional<lock::guard> passed;
  std::string refusal;
  run([&](task_group& group) -> task<> {
    auto owner = a().spawn(group, [&]() -> task<> {
      passed.emplace(co_await lock.acquire());
      co_await settle();
    });
    co_await checkpoint();
    auto other = b().spawn(group, [&]() -> task<> {
      refusal = co_await outcome_of([&] { passed->release(); });
      EXPECT_FALSE(lock.is_held());
    });
    co_await owner.join();
    EXPECT_THAT(refusal,
                testing::MatchesRegex("usage_error: task " + std::to_string(other.id()) +
                                      " .* releases a guard of task " + std::to_string(owner.id()) +
                                      " .*, spawned at .*: .*pass on the permit of a semaphore.*"));
  });
}

TEST_P(LockTest, GuardThatATaskLeftBehindFreesTheLockAndSaysThatTheTaskHasEnded) {
  lock lock;
  std::optional<lock::guard> left;
  run([&](task_group& group) -> task<> {
    auto owner = a().spawn(group, [&]() -> task<> { left.emplace(co_await lock.acquire()); });
    co_await owner.join();
    const std::string named = "of task " + std::to_string(owner.id()) + ", which has ended: ";
    b().spawn(group, [&, named]() -> task<> {
      EXPECT_THAT(co_await outcome_of([&] { left->release(); }), testing::HasSubstr(named));
      EXPECT_FALSE(lock.is_held());
    });
  });
}

TEST_P(LockTest, TryingNeverWaits) {
  lock lock;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      const auto guard = lock.try_acquire();
      EXPECT_TRUE(guard);
      EXPECT_FALSE(lock.try_acquire());
      co_await settle();
    });
    b().spawn(group, [&]() -> task<> {
      EXPECT_FALSE(lock.try_acquire());
      co_return;
    });
  });
  EXPECT_FALSE(lock.is_held());
}

TEST_P(LockTest, HolderIsKnownFromThePromiseOn) {
  lock lock;
  run([&](task_group& group) -> task<> {
    auto guard = co_await lock.acquire();
    auto waiter = a().spawn(group, [&]() -> task<> { auto mine = co_await lock.acquire(); });
    co_await settle();
    EXPECT_NE(lock.holder(), waiter.id());
    guard.release();
    EXPECT_EQ(lock.holder(), waiter.id());
  });
  EXPECT_EQ(lock.holder(), 0U);
}

TEST_P(LockTest, MovedGuardHoldsOnce) {
  lock lock;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      auto moved = std::move(guard);
      EXPECT_TRUE(lock.is_held());
      moved.release();
      moved.release();
      EXPECT_FALSE(lock.is_held());
      co_await checkpoint();
    });
  });
}

// Tasks that take the lock and wait with it, twice.
void lock_taken_twice(const std::function<void(const cast&)>& play) {
  lock lock;
  int inside = 0;
  struct visit {
    explicit visit(int& count) : inside(count) { EXPECT_EQ(++inside, 1); }
    ~visit() { --inside; }
    int& inside;
  };
  auto user = [&]() -> task<> {
    for (int i = 0; i < 2; ++i) {
      auto guard = co_await lock.acquire();
      const visit here(inside);
      co_await checkpoint();
      co_await sleep(1ms);
    }
  };
  play({.before = {user}, .victim = user, .after = {user}});
  EXPECT_FALSE(lock.is_held());
  EXPECT_EQ(inside, 0);
}

TEST_P(LockTest, IsNeverLostWhereverItsUserIsCancelled) { sweep(GetParam(), lock_taken_twice); }

INSTANTIATE_TEST_SUITE_P(Hosts, LockTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
