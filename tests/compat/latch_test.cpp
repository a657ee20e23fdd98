#include "compat/latch.hpp"

#include <functional>
#include <optional>
#include <string>

#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using LatchTest = pair_test;

TEST_P(LatchTest, OpensAtTheLastCountAndWakesInTheOrderTheyCame) {
  latch started(2);
  std::string order;
  auto waiter = [&](char name) -> task<> {
    co_await started.wait();
    order += name;
  };
  run([&](task_group& group) -> task<> {
    a().spawn(group, waiter, '1');
    b().spawn(group, waiter, '2');
    a().spawn(group, waiter, '3');
    co_await settle();
    started.count_down();
    co_await settle();
    EXPECT_EQ(order, "");
    started.count_down();
    EXPECT_EQ(order, "");  // a wake only queues
  });
  EXPECT_EQ(order, "123");
}

TEST_P(LatchTest, LetsThroughAtOnceWhenOpen) {
  latch open(0);
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      co_await open.wait();
      order += 'a';
    });
    b().spawn(group, [&]() -> task<> {
      order += 'b';
      co_return;
    });
  });
  EXPECT_EQ(order, "ab");
}

TEST_P(LatchTest, CountingBelowZeroIsRefusedAndNamesTheTask) {
  latch started(2);
  std::string refusal;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      refusal = co_await outcome_of([&] { started.count_down(3); });
      EXPECT_EQ(started.count(), 2U);
      started.count_down(2);
      co_await started.wait();
    });
  });
  EXPECT_THAT(refusal,
              testing::MatchesRegex(
                  "usage_error: latch::count_down: task .* counts 3 where 2 are left: .*"));
}

TEST_P(LatchTest, WokenTaskIsCancelledOnlyAtItsNextWait) {
  latch started(1);
  std::string order;
  run([&](task_group& group) -> task<> {
    auto waiter = a().spawn(group, [&]() -> task<> {
      co_await started.wait();
      order += 'a';
      co_await checkpoint();
      order += '!';
    });
    co_await settle();
    started.count_down();
    waiter.cancel();
  });
  EXPECT_EQ(order, "a");
}

TEST_P(LatchTest, MayGoOnceItIsOpen) {
  std::optional<latch> started(std::in_place, 1U);
  std::string order;
  run([&](task_group& group) -> task<> {
    a().spawn(group, [&]() -> task<> {
      co_await started->wait();
      order += 'a';
    });
    co_await settle();
    started->count_down();
    started.reset();
  });
  EXPECT_EQ(order, "a");
}

// Tasks that count and then wait for the others; one counts for who does not come.
void meeting(const std::function<void(const cast&)>& play) {
  latch met(3);
  int through = 0;
  auto party = [&]() -> task<> {
    co_await checkpoint();
    met.count_down();
    co_await met.wait();
    ++through;
  };
  auto last = [&]() -> task<> {
    co_await sleep(1ms);
    met.count_down(met.count());
    co_await met.wait();
    ++through;
  };
  play({.before = {party}, .victim = party, .after = {last}});
  EXPECT_EQ(through > 0, met.is_open());
}

TEST_P(LatchTest, StaysUsableWhereverAWaiterIsCancelled) { sweep(GetParam(), meeting); }

INSTANTIATE_TEST_SUITE_P(Hosts, LatchTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
