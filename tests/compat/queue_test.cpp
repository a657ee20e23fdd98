#include "compat/queue.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using QueueTest = pair_test;

TEST_P(QueueTest, DeliversItemsInTheOrderPut) {
  queue<int> items(2);
  std::vector<int> got;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      for (int i = 0; i < 10; ++i) co_await items.put(i);
      items.close();
    });
    b().spawn(group, [&]() -> task<> {
      while (got.size() < 10) got.push_back(co_await items.get());
      EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await items.get(); }),
                "queue_closed: get: the queue is closed and empty");
    });
  });
  EXPECT_THAT(got, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_P(QueueTest, ServesGettersInTheOrderTheyCame) {
  queue<int> items;
  std::vector<std::pair<char, int>> got;
  auto getter = [&](char name) -> task<> { got.emplace_back(name, co_await items.get()); };
  run([&](task_group& group) -> task<> {
    a().spawn(group, getter, '1');
    b().spawn(group, getter, '2');
    co_await settle();
    co_await items.put(10);
    EXPECT_TRUE(items.empty());  // it is the getter's, which has not run
    EXPECT_EQ(items.try_get(), std::nullopt);
    co_await items.put(20);
  });
  EXPECT_THAT(got, testing::ElementsAre(std::pair('1', 10), std::pair('2', 20)));
}

TEST_P(QueueTest, FullQueueHoldsPuttersInTheOrderTheyCame) {
  queue<int> items(1);
  std::string order;
  auto putter = [&](int item) -> task<> {
    co_await items.put(item);
    order += std::to_string(item);
  };
  run([&](task_group& group) -> task<> {
    a().spawn(group, putter, 1);
    b().spawn(group, putter, 2);
    a().spawn(group, putter, 3);
    co_await settle();
    EXPECT_EQ(order, "1");
    EXPECT_FALSE(items.try_put(9));
    EXPECT_EQ(co_await items.get(), 1);
    EXPECT_EQ(co_await items.get(), 2);
    EXPECT_EQ(co_await items.get(), 3);
    EXPECT_EQ(order, "1");
  });
  EXPECT_EQ(order, "123");
}

TEST_P(QueueTest, CarriesItemsThatOnlyMove) {
  queue<std::unique_ptr<int>> items;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> { co_await items.put(std::make_unique<int>(7)); });
    b().spawn(group, [&]() -> task<> {
      auto item = co_await items.get();
      EXPECT_EQ(*item, 7);
    });
  });
}

TEST_P(QueueTest, RefusedTryPutLeavesTheItemWithTheCaller) {
  queue<std::unique_ptr<int>> items(1);
  EXPECT_TRUE(items.try_put(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(items.try_put(std::move(second)));
  EXPECT_NE(second, nullptr);
}

TEST_P(QueueTest, ClosingWakesAllWhoWaitInVain) {
  queue<int> empty;
  queue<int> full(1);
  std::vector<std::string> ends;
  run([&](task_group& group) -> task<> {
    co_await full.put(0);
    a().spawn(group, [&]() -> task<> {
      ends.push_back(co_await outcome_of([&]() -> task<> { co_await empty.get(); }));
    });
    b().spawn(group, [&]() -> task<> {
      ends.push_back(co_await outcome_of([&]() -> task<> { co_await full.put(1); }));
    });
    co_await settle();
    empty.close();
    full.close();
    co_await settle();
    EXPECT_EQ(co_await full.get(), 0);  // what is in can be taken
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await full.put(2); }),
              "queue_closed: put: the queue is closed");
  });
  EXPECT_THAT(ends, testing::ElementsAre("queue_closed: get: the queue is closed and empty",
                                         "queue_closed: put: the queue was closed"));
}

TEST_P(QueueTest, WhatIsInWhenItClosesIsDeliveredInOrder) {
  queue<int> items;
  std::vector<int> got;
  std::string end;
  run([&](task_group& group) -> task<> {
    for (int i = 0; i < 3; ++i) co_await items.put(i);
    items.close();
    items.close();
    EXPECT_TRUE(items.closed());
    a().spawn(group, [&]() -> task<> {
      end = co_await outcome_of([&]() -> task<> {
        for (;;) got.push_back(co_await items.get());
      });
    });
  });
  EXPECT_THAT(got, testing::ElementsAre(0, 1, 2));
  EXPECT_EQ(end, "queue_closed: get: the queue is closed and empty");
}

TEST_P(QueueTest, WhoWasServedBeforeItClosedIsNotRefused) {
  queue<int> items(1);
  std::vector<int> got;
  std::string order;
  run([&](task_group& group) -> task<> {
    a().spawn(group, [&]() -> task<> {
      got.push_back(co_await items.get());
      order += 'g';
    });
    co_await settle();
    EXPECT_TRUE(items.try_put(1));  // it is the getter's
    EXPECT_TRUE(items.try_put(2));
    b().spawn(group, [&]() -> task<> {
      co_await items.put(3);
      order += 'p';
    });
    co_await settle();
    EXPECT_EQ(items.try_get(), 2);  // so the putter's item is in
    items.close();
    co_await settle();
    EXPECT_EQ(items.try_get(), 3);
  });
  EXPECT_THAT(got, testing::ElementsAre(1));
  EXPECT_EQ(order, "gp");
}

TEST_P(QueueTest, CapacityOfZeroIsRefused) { EXPECT_THROW(queue<int>(0), usage_error); }

TEST_P(QueueTest, CancelledGetterAndPutterLeave) {
  queue<int> items(1);
  std::vector<int> got;
  run([&](task_group& group) -> task<> {
    auto getter = a().spawn(group, [&]() -> task<> { got.push_back(co_await items.get()); });
    co_await settle();
    getter.cancel();
    co_await settle();
    co_await items.put(1);
    auto putter = b().spawn(group, [&]() -> task<> { co_await items.put(2); });
    co_await settle();
    putter.cancel();
    co_await settle();
    EXPECT_EQ(co_await items.get(), 1);
    EXPECT_TRUE(items.empty());  // the item of a cancelled putter was never in
  });
  EXPECT_THAT(got, testing::IsEmpty());
}

TEST_P(QueueTest, PromisedItemIsHadAndTheCancellationComesAtTheNextWait) {
  queue<int> items;
  std::vector<int> got;
  run([&](task_group& group) -> task<> {
    auto getter = a().spawn(group, [&]() -> task<> {
      got.push_back(co_await items.get());
      got.push_back(co_await items.get());
    });
    co_await settle();
    co_await items.put(1);
    getter.cancel();
    co_await items.put(2);
  });
  EXPECT_THAT(got, testing::ElementsAre(1));
  EXPECT_EQ(items.size(), 1U);
}

TEST_P(QueueTest, PutterLetInIsCancelledAtItsNextWait) {
  queue<int> items(1);
  std::string order;
  run([&](task_group& group) -> task<> {
    co_await items.put(1);
    auto putter = a().spawn(group, [&]() -> task<> {
      co_await items.put(2);
      order += 'a';
      co_await items.put(3);
      order += '!';
    });
    co_await settle();
    EXPECT_EQ(items.try_get(), 1);
    putter.cancel();
    co_await settle();
    EXPECT_EQ(items.try_get(), 2);
    EXPECT_TRUE(items.empty());
  });
  EXPECT_EQ(order, "a");
}

// An item whose move fails while `stuck`.
struct stubborn {
  explicit stubborn(int v, const bool& s) : value(v), stuck(&s) {}
  stubborn(stubborn&& other) : value(other.value), stuck(other.stuck) {
    if (*stuck) throw std::runtime_error("stuck");
  }
  int value;
  const bool* stuck;
};

TEST_P(QueueTest, MoveThatThrowsLosesNeitherItemNorWaiter) {
  bool stuck = false;
  queue<stubborn> items(1);
  std::vector<int> got;
  run([&](task_group& group) -> task<> {
    a().spawn(group, [&]() -> task<> { got.push_back((co_await items.get()).value); });
    co_await settle();
    stuck = true;
    EXPECT_THROW(items.try_put(stubborn(1, stuck)), std::runtime_error);
    stuck = false;
    EXPECT_TRUE(items.try_put(stubborn(1, stuck)));
    co_await settle();
    EXPECT_TRUE(items.try_put(stubborn(2, stuck)));
    b().spawn(group, [&]() -> task<> { co_await items.put(stubborn(3, stuck)); });
    co_await settle();
    stuck = true;
    EXPECT_THROW(items.try_get(), std::runtime_error);
    stuck = false;
    got.push_back((co_await items.get()).value);
    got.push_back((co_await items.get()).value);
  });
  EXPECT_THAT(got, testing::ElementsAre(1, 2, 3));
}

// Tasks that get two items each, and one that puts four as long as there is room.
void getters_and_a_putter(const std::function<void(const cast&)>& play) {
  queue<int> items(1);
  std::vector<int> seen;
  int put = 0;
  auto getter = [&]() -> task<> {
    for (int i = 0; i < 2; ++i) seen.push_back(co_await items.get());
  };
  auto putter = [&]() -> task<> {
    for (int i = 0; i < 4; ++i) {
      co_await sleep(1ms);
      if (!items.try_put(int(i))) co_return;
      ++put;
    }
  };
  play({.before = {getter}, .victim = getter, .after = {putter}});
  while (auto left = items.try_get()) seen.push_back(*left);
  std::vector<int> expected;
  for (int i = 0; i < put; ++i) expected.push_back(i);
  EXPECT_THAT(seen, testing::UnorderedElementsAreArray(expected));
}

TEST_P(QueueTest, NoItemIsLostOrDoubledWhereverAGetterIsCancelled) {
  sweep(GetParam(), getters_and_a_putter);
}

// Tasks that put three items each and wait for room, and one that gets what there is.
void putters_and_a_getter(const std::function<void(const cast&)>& play) {
  queue<int> items(1);
  int put = 0;
  int got = 0;
  auto putter = [&]() -> task<> {
    for (int i = 0; i < 3; ++i) {
      co_await items.put(i);
      ++put;
      co_await checkpoint();
    }
  };
  auto getter = [&]() -> task<> {
    for (int i = 0; i < 6; ++i) {
      co_await sleep(1ms);
      if (items.try_get()) ++got;
    }
  };
  play({.before = {putter}, .victim = putter, .after = {getter}});
  while (items.try_get()) ++got;
  EXPECT_EQ(got, put);
}

TEST_P(QueueTest, NoItemIsHalfPutWhereverAPutterIsCancelled) {
  sweep(GetParam(), putters_and_a_getter);
}

INSTANTIATE_TEST_SUITE_P(Hosts, QueueTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
