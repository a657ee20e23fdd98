#include "compat/semaphore.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "compat/errors.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using SemaphoreTest = pair_test;

TEST_P(SemaphoreTest, LetsInAsManyAsItHasPermits) {
  semaphore permits(2);
  int inside = 0;
  int most = 0;
  auto worker = [&]() -> task<> {
    auto permit = co_await permits.acquire();
    most = std::max(most, ++inside);
    co_await sleep(1ms);
    --inside;
  };
  run([&](task_group& group) {
    for (int i = 0; i < 3; ++i) {
      a().spawn(group, worker);
      b().spawn(group, worker);
    }
  });
  EXPECT_EQ(most, 2);
  EXPECT_EQ(permits.available(), 2U);
  EXPECT_EQ(loop_.now().time_since_epoch(), 3ms);
}

TEST_P(SemaphoreTest, GivesPermitsInTheOrderAskedAndNobodyBargesIn) {
  semaphore permits(1);
  std::string order;
  auto worker = [&](char name) -> task<> {
    auto permit = co_await permits.acquire();
    order += name;
    co_await checkpoint();
  };
  run([&](task_group& group) -> task<> {
    auto permit = co_await permits.acquire();
    a().spawn(group, worker, '1');
    b().spawn(group, worker, '2');
    co_await settle();
    permit.release();
    EXPECT_EQ(permits.available(), 0U);  // it belongs to '1', which has not run
    a().spawn(group, worker, '3');
  });
  EXPECT_EQ(order, "123");
}

TEST_P(SemaphoreTest, CancelledWaiterLeavesTheQueue) {
  semaphore permits(1);
  std::string order;
  auto worker = [&](char name) -> task<> {
    auto permit = co_await permits.acquire();
    order += name;
  };
  run([&](task_group& group) -> task<> {
    auto permit = co_await permits.acquire();
    auto leaver = a().spawn(group, worker, '1');
    b().spawn(group, worker, '2');
    co_await settle();
    leaver.cancel();
  });
  EXPECT_EQ(order, "2");
  EXPECT_EQ(permits.available(), 1U);
}

TEST_P(SemaphoreTest, PromisedPermitIsHadAndTheCancellationComesAtTheNextWait) {
  semaphore permits(1);
  std::string order;
  run([&](task_group& group) -> task<> {
    auto permit = co_await permits.acquire();
    auto next = a().spawn(group, [&]() -> task<> {
      auto mine = co_await permits.acquire();
      order += 'a';
      co_await checkpoint();
      order += '!';
    });
    b().spawn(group, [&]() -> task<> {
      auto mine = co_await permits.acquire();
      order += 'b';
    });
    co_await settle();
    permit.release();
    next.cancel();
  });
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(permits.available(), 1U);
}

TEST_P(SemaphoreTest, PermitMayBeReleasedByAnotherTask) {
  semaphore permits(1);
  std::optional<semaphore::permit> passed;
  bool had = false;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> { passed.emplace(co_await permits.acquire()); });
    b().spawn(group, [&]() -> task<> {
      co_await settle();
      EXPECT_EQ(permits.available(), 0U);
      passed.reset();
      auto mine = co_await permits.acquire();
      had = true;
    });
  });
  EXPECT_TRUE(had);
  EXPECT_EQ(permits.available(), 1U);
}

TEST_P(SemaphoreTest, NoPermitIsGivenBackTwice) {
  semaphore permits(2);
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      auto permit = co_await permits.acquire();
      auto moved = std::move(permit);
      EXPECT_EQ(permits.available(), 1U);
      moved.release();
      moved.release();
      EXPECT_EQ(permits.available(), 2U);
    });
  });
  EXPECT_EQ(permits.available(), 2U);
}

TEST_P(SemaphoreTest, TryingNeverWaits) {
  semaphore permits(2);
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      const auto first = permits.try_acquire();
      const auto second = permits.try_acquire();
      EXPECT_TRUE(first);
      EXPECT_TRUE(second);
      co_await settle();
    });
    b().spawn(group, [&]() -> task<> {
      EXPECT_FALSE(permits.try_acquire());
      co_return;
    });
  });
  EXPECT_EQ(permits.available(), 2U);
}

TEST_P(SemaphoreTest, OfNoPermitsIsRefused) { EXPECT_THROW(semaphore(0), usage_error); }

// More tasks than permits, which take one twice.
void permits_taken_twice(const std::function<void(const cast&)>& play) {
  semaphore permits(2);
  auto user = [&]() -> task<> {
    auto first = co_await permits.acquire();
    co_await sleep(1ms);
    first.release();
    auto second = co_await permits.acquire();
    co_await checkpoint();
  };
  play({.before = {user, user}, .victim = user, .after = {user}});
  EXPECT_EQ(permits.available(), 2U);
}

TEST_P(SemaphoreTest, NoPermitIsLostWhereverItsUserIsCancelled) {
  sweep(GetParam(), permits_taken_twice);
}

INSTANTIATE_TEST_SUITE_P(Hosts, SemaphoreTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
