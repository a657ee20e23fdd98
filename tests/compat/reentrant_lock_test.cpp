#include "compat/reentrant_lock.hpp"

#include <optional>
#include <string>

#include "compat/on_fiber.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using ReentrantLockTest = pair_test;

TEST_P(ReentrantLockTest, HandsOverInTheOrderAsked) {
  reentrant_lock lock;
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

TEST_P(ReentrantLockTest, OwnerTakesItAgainAheadOfThoseWhoWait) {
  reentrant_lock lock;
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto outer = co_await lock.acquire();
      co_await settle();
      auto inner = co_await lock.acquire();
      order += 'a';
      EXPECT_EQ(lock.depth(), 2U);
    });
    b().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      order += 'b';
    });
  });
  EXPECT_EQ(order, "ab");
}

TEST_P(ReentrantLockTest, IsHeldUntilTheLastGuardGoes) {
  reentrant_lock lock;
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto outer = co_await lock.acquire();
      { auto inner = co_await lock.acquire(); }
      co_await settle();
      order += 'a';
      outer.release();
      outer.release();
      EXPECT_TRUE(lock.is_held());  // by the waiter, which has not run
      EXPECT_EQ(lock.depth(), 0U);
    });
    b().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      order += 'b';
      EXPECT_EQ(lock.depth(), 1U);
    });
  });
  EXPECT_EQ(order, "ab");
  EXPECT_FALSE(lock.is_held());
}

TEST_P(ReentrantLockTest, LetsNobodyInBetweenReleaseAndTheWaitersTurn) {
  reentrant_lock lock;
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      {
        auto guard = co_await lock.acquire();
        co_await checkpoint();
      }
      EXPECT_FALSE(lock.try_acquire());
      auto again = co_await lock.acquire();
      order += 'a';
    });
    b().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      order += 'b';
    });
  });
  EXPECT_EQ(order, "ba");
}

TEST_P(ReentrantLockTest, CancelledWaiterLeavesTheQueue) {
  reentrant_lock lock;
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
  });
  EXPECT_EQ(order, "13");
}

TEST_P(ReentrantLockTest, PromisedLockIsHadAndTheCancellationComesWhereItIsTakenAgain) {
  reentrant_lock lock;
  std::string order;
  run([&](task_group& group) -> task<> {
    auto guard = co_await lock.acquire();
    auto next = a().spawn(group, [&]() -> task<> {
      auto outer = co_await lock.acquire();
      order += 'a';
      auto inner = co_await lock.acquire();
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
  EXPECT_EQ(lock.depth(), 0U);
}

TEST_P(ReentrantLockTest, IsTheSameTasksInAPortalAndAcrossTheBridge) {
  reentrant_lock lock;
  std::size_t deepest = 0;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto outer = co_await lock.acquire();
      auto innermost = [&]() -> task<> {
        auto guard = co_await lock.acquire();
        deepest = lock.depth();
        co_await checkpoint();
      };
      auto blocking = [&] {
        auto guard = await(lock.acquire());
        await(innermost());
      };
      co_await on_fiber(blocking);
      EXPECT_EQ(lock.depth(), 1U);
    });
    b().spawn(group, [&]() -> task<> {
      EXPECT_FALSE(lock.try_acquire());
      auto guard = co_await lock.acquire();
      EXPECT_EQ(lock.depth(), 1U);
    });
  });
  EXPECT_EQ(deepest, 3U);
}

TEST_P(ReentrantLockTest, IsNotOfTheTasksThatItsOwnerSpawns) {
  reentrant_lock lock;
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto guard = co_await lock.acquire();
      auto text = [&]() -> task<> {
        auto mine = co_await lock.acquire();
        order += 'c';
      };
      auto child = spawn(text);
      co_await settle();
      order += 'a';
      guard.release();
      co_await child.join();
    });
  });
  EXPECT_EQ(order, "ac");
}

TEST_P(ReentrantLockTest, TryingNeverWaits) {
  reentrant_lock lock;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      const auto outer = lock.try_acquire();
      const auto inner = lock.try_acquire();
      EXPECT_TRUE(outer);
      EXPECT_TRUE(inner);
      EXPECT_EQ(lock.depth(), 2U);
      co_await settle();
    });
    b().spawn(group, [&]() -> task<> {
      EXPECT_FALSE(lock.try_acquire());
      co_return;
    });
  });
  EXPECT_FALSE(lock.is_held());
}

TEST_P(ReentrantLockTest, GuardReleasedByAnotherTaskIsRefusedAndNamesBoth) {
  reentrant_lock lock;
  std::optional<reentrant_lock::guard> passed;
  std::string refusal;
  run([&](task_group& group) -> task<> {
    auto owner = a().spawn(group, [&]() -> task<> {
      passed.emplace(co_await lock.acquire());
      co_await settle();
    });
    co_await checkpoint();
    b().spawn(group, [&]() -> task<> {
      refusal = co_await outcome_of([&] { passed->release(); });
      EXPECT_FALSE(lock.is_held());
    });
    co_await owner.join();
    EXPECT_THAT(refusal,
                testing::MatchesRegex("usage_error: task .* releases a guard of task " +
                                      std::to_string(owner.id()) + " .*: .* semaphore .*"));
  });
}

// A task that takes the lock, and again, and waits with it, twice.
void nested_use(const std::function<void(const cast&)>& play) {
  reentrant_lock lock;
  int inside = 0;
  struct visit {
    explicit visit(int& count) : inside(count) { EXPECT_EQ(++inside, 1); }
    ~visit() { --inside; }
    int& inside;
  };
  auto user = [&]() -> task<> {
    for (int i = 0; i < 2; ++i) {
      auto outer = co_await lock.acquire();
      const visit here(inside);
      co_await checkpoint();
      auto inner = co_await lock.acquire();
      outer.release();
      co_await sleep(1ms);
    }
  };
  play({.before = {user}, .victim = user, .after = {user}});
  EXPECT_FALSE(lock.is_held());
  EXPECT_EQ(lock.depth(), 0U);
  EXPECT_EQ(inside, 0);
}

TEST_P(ReentrantLockTest, IsNeverLostWhereverItsUserIsCancelled) { sweep(GetParam(), nested_use); }

INSTANTIATE_TEST_SUITE_P(Hosts, ReentrantLockTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
