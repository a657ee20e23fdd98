#include "compat/event.hpp"

#include <functional>
#include <optional>
#include <string>

#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using EventTest = pair_test;

TEST_P(EventTest, WakesAllInTheOrderTheyCame) {
  event ready;
  std::string order;
  auto waiter = [&](char name) -> task<> {
    co_await ready.wait();
    order += name;
  };
  run([&](task_group& group) -> task<> {
    a().spawn(group, waiter, '1');
    b().spawn(group, waiter, '2');
    a().spawn(group, waiter, '3');
    co_await settle();
    EXPECT_EQ(order, "");
    ready.set();
    EXPECT_EQ(order, "");  // a wake only queues
  });
  EXPECT_EQ(order, "123");
}

TEST_P(EventTest, LetsThroughAtOnceWhileSet) {
  event ready;
  ready.set();
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      co_await ready.wait();
      order += 'a';
    });
    b().spawn(group, [&]() -> task<> {
      order += 'b';
      co_return;
    });
  });
  EXPECT_EQ(order, "ab");
}

TEST_P(EventTest, WhoWasWokenGoesOnThoughItIsClearedBeforeItsTurn) {
  event ready;
  int through = 0;
  auto waiter = [&]() -> task<> {
    co_await ready.wait();
    ++through;
  };
  run([&](task_group& group) -> task<> {
    a().spawn(group, waiter);
    co_await settle();
    ready.set();
    ready.clear();
    auto late = b().spawn(group, waiter);
    co_await settle();
    EXPECT_EQ(through, 1);
    late.cancel();
  });
  EXPECT_EQ(through, 1);
  EXPECT_FALSE(ready.is_set());
}

TEST_P(EventTest, WokenTaskIsCancelledOnlyAtItsNextWait) {
  event ready;
  std::string order;
  run([&](task_group& group) -> task<> {
    auto waiter = a().spawn(group, [&]() -> task<> {
      co_await ready.wait();
      order += 'a';
      co_await checkpoint();
      order += '!';
    });
    co_await settle();
    ready.set();
    waiter.cancel();
  });
  EXPECT_EQ(order, "a");
}

TEST_P(EventTest, MayGoOnceItIsSet) {
  std::optional<event> ready(std::in_place);
  std::string order;
  run([&](task_group& group) -> task<> {
    a().spawn(group, [&]() -> task<> {
      co_await ready->wait();
      order += 'a';
    });
    co_await settle();
    ready->set();
    ready.reset();
  });
  EXPECT_EQ(order, "a");
}

// Tasks that wait for one event and set another.
void relay(const std::function<void(const cast&)>& play) {
  event ping;
  event pong;
  auto waiter = [&]() -> task<> {
    co_await ping.wait();
    pong.set();
  };
  auto setter = [&]() -> task<> {
    co_await sleep(1ms);
    ping.set();
  };
  play({.before = {waiter}, .victim = waiter, .after = {setter}});
  EXPECT_EQ(ping.is_set(), pong.is_set());
}

TEST_P(EventTest, StaysUsableWhereverAWaiterIsCancelled) { sweep(GetParam(), relay); }

INSTANTIATE_TEST_SUITE_P(Hosts, EventTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
