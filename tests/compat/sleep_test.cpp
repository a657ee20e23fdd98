#include "compat/sleep.hpp"

#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using SleepTest = pair_test;

TEST_P(SleepTest, WakesInTheOrderOfDeadlines) {
  std::string order;
  auto sleeper = [&](char name, duration length) -> task<> {
    co_await sleep(length);
    order += name;
  };
  run([&](task_group& group) {
    a().spawn(group, sleeper, '3', 3ms);
    b().spawn(group, sleeper, '1', 1ms);
    a().spawn(group, sleeper, '2', 2ms);
    b().spawn(group, sleeper, '4', 4ms);
  });
  EXPECT_EQ(order, "1234");
}

TEST_P(SleepTest, EqualDeadlinesWakeInTheOrderTheyBegan) {
  std::string order;
  auto sleeper = [&](char name) -> task<> {
    co_await sleep(1ms);
    order += name;
  };
  run([&](task_group& group) {
    for (char name = '1'; name < '9'; name = static_cast<char>(name + 2)) {
      a().spawn(group, sleeper, name);
      b().spawn(group, sleeper, static_cast<char>(name + 1));
    }
  });
  EXPECT_EQ(order, "12345678");
}

TEST_P(SleepTest, VirtualTimeJumpsToTheDeadlineAndStandsStillOtherwise) {
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      for (int i = 0; i < 100; ++i) co_await checkpoint();
      EXPECT_EQ(loop_.now(), time_point());
      co_await sleep(24h);
      EXPECT_EQ(loop_.now(), time_point(24h));
    });
    b().spawn(group, [&]() -> task<> {
      co_await sleep_until(time_point(1h));
      EXPECT_EQ(loop_.now(), time_point(1h));
      co_await sleep_until(time_point(1ms));  // over
      EXPECT_EQ(loop_.now(), time_point(1h));
    });
  });
}

TEST_P(SleepTest, OfNothingLetsWhatIsReadyRunOnce) {
  std::string order;
  auto worker = [&](char name, duration length) -> task<> {
    for (int i = 0; i < 3; ++i) {
      order += name;
      co_await sleep(length);
    }
  };
  run([&](task_group& group) {
    a().spawn(group, worker, 'a', 0s);
    b().spawn(group, worker, 'b', -1h);
  });
  EXPECT_EQ(order, "ababab");
  EXPECT_EQ(loop_.now(), time_point());
}

TEST_P(SleepTest, CheckpointLetsWhatIsReadyRunOnce) {
  std::string order;
  auto worker = [&](char name) -> task<> {
    for (int i = 0; i < 3; ++i) {
      order += name;
      co_await checkpoint();
    }
  };
  run([&](task_group& group) {
    a().spawn(group, worker, 'a');
    b().spawn(group, worker, 'b');
    a().spawn(group, worker, 'c');
  });
  EXPECT_EQ(order, "abcabcabc");
}

TEST_P(SleepTest, CancelledSleeperWakesAtOnce) {
  run([&](task_group& group) -> task<> {
    auto sleeper = a().spawn(group, []() -> task<> { co_await sleep(1h); });
    auto endless = b().spawn(group, []() -> task<> { co_await sleep(duration::max()); });
    co_await settle();
    sleeper.cancel();
    endless.cancel();
    co_await settle();
    EXPECT_TRUE(sleeper.done());
    EXPECT_TRUE(endless.done());
  });
  EXPECT_EQ(loop_.now(), time_point());
}

TEST_P(SleepTest, SleepWithoutEndWakesNobodyAndIsADeadlock) {
  EXPECT_THROW(run([&](task_group& group) {
                 a().spawn(group, []() -> task<> { co_await sleep(duration::max()); });
               }),
               deadlock);
  EXPECT_THROW(run([&](task_group& group) {
                 b().spawn(group, []() -> task<> { co_await sleep_until(time_point::max()); });
               }),
               deadlock);
}

INSTANTIATE_TEST_SUITE_P(Hosts, SleepTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
