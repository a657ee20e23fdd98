#include "compat/detail/wait_scan.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compat/condition.hpp"
#include "compat/errors.hpp"
#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/loop.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "compat/use_op.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class WaitScanTest : public testing::TestWithParam<cell_pair> {
 protected:
  struct told {
    time_point when;
    task_report report;
  };

  void run(const std::function<void(task_group&)>& body) {
    loop_.run(backends_.coro, [&]() -> task<> { co_await with_task_group(body); });
  }
  child<> spawn_a(task_group& group, std::function<task<>()> text) {
    return backends_.spawn(group, GetParam().first, std::move(text));
  }
  child<> spawn_b(task_group& group, std::function<task<>()> text) {
    return backends_.spawn(group, GetParam().second, std::move(text));
  }
  // Takes its lock, then the other's.
  task<> cross(lock& mine, lock& other) {
    auto guard = co_await mine.acquire();
    co_await sleep(1s);
    auto second = co_await other.acquire();
  }
  static std::string named(const child<>& task) {
    return "task " + std::to_string(task.id()) + " ";
  }

  loop loop_{{.virtual_time = true,
              .on_error =
                  [this](const task_report& r) {
                    told_.push_back({loop_.now(), r});
                  },
              .hold_limit = 5s}};
  both_backends backends_{loop_};
  std::vector<told> told_;
  lock first_;
  lock second_;
};

// --- cycles ---

class WaitCycleTest : public WaitScanTest {
 protected:
  void run_crosswise(duration then_cancel_after) {
    run([&](task_group& group) {
      auto left = spawn_a(group, [&] { return cross(first_, second_); });
      auto right = spawn_b(group, [&] { return cross(second_, first_); });
      group.spawn([&, then_cancel_after]() -> task<> {
        co_await sleep(then_cancel_after);
        left_->cancel();
      });
      left_.emplace(std::move(left));
      right_.emplace(std::move(right));
    });
  }
  std::vector<task_report> cycles() const {
    std::vector<task_report> some;
    for (const told& t : told_) {
      if (t.report.kind == task_report::what::wait_cycle) some.push_back(t.report);
    }
    return some;
  }
  std::optional<child<>> left_;
  std::optional<child<>> right_;
};

TEST_P(WaitCycleTest, IsReportedOnceWhileOthersWork) {
  run_crosswise(1h);
  const auto reports = cycles();
  ASSERT_THAT(reports, SizeIs(1));
  const std::string left = named(*left_) + "\\([a-z]+\\)";
  const std::string right = named(*right_) + "\\([a-z]+\\)";
  EXPECT_THAT(reports.front().message(),
              ContainsRegex("tasks wait for each other\n  a cycle: " + left +
                            " -> a lock held by " + right + " -> a lock held by " + left + "\n"));
  try {
    std::rethrow_exception(reports.front().error);
  } catch (const deadlock& d) {
    EXPECT_THAT(d.graph().cycles(), ElementsAre(ElementsAre(left_->id(), right_->id())));
    EXPECT_THAT(d.graph().tasks(), SizeIs(2));
  }
}

TEST_P(WaitCycleTest, IsReportedAgainWhenItComesAgain) {
  run_crosswise(1h);
  run_crosswise(1h);
  EXPECT_THAT(cycles(), SizeIs(2));
}

TEST_P(WaitCycleTest, IsNoneWhereAWaitHasADeadline) {
  run([&](task_group& group) {
    spawn_a(group, [&]() -> task<> {
      auto body = [&] { return cross(first_, second_); };
      try {
        co_await with_timeout(1h, body);
      } catch (const timeout_error&) {
      }
    });
    spawn_b(group, [&] { return cross(second_, first_); });
  });
  EXPECT_THAT(cycles(), IsEmpty());
}

TEST_P(WaitCycleTest, IsNoneWhereSomebodyCanGoOn) {
  event set;
  run([&](task_group& group) {
    spawn_a(group, [&]() -> task<> {
      auto guard = co_await first_.acquire();
      co_await set.wait();
    });
    spawn_b(group, [&]() -> task<> { auto guard = co_await first_.acquire(); });
    group.spawn([&]() -> task<> {
      co_await sleep(1h);
      set.set();
    });
  });
  EXPECT_THAT(cycles(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Hosts, WaitCycleTest, cell_pairs(), pair_name);

// On a real clock: with a socket that listens, nothing would ever be a deadlock.
class WaitCycleBesideIoTest : public testing::TestWithParam<cell_pair> {};

TEST_P(WaitCycleBesideIoTest, IsReportedByALoopThatOnlyListens) {
  lock first;
  lock second;
  std::optional<child<>> left;
  std::optional<child<>> server;
  loop loop({.on_error =
                 [&](const task_report& r) {
                   EXPECT_EQ(r.kind, task_report::what::wait_cycle);
                   left->cancel();
                   server->cancel();
                 },
             .cycle_check_interval = 1ms});
  both_backends backends(loop);
  auto cross = [](lock& mine, lock& other) -> task<> {
    auto guard = co_await mine.acquire();
    co_await checkpoint();
    auto never = co_await other.acquire();
  };
  boost::asio::ip::tcp::acceptor acceptor(
      loop.io(), {boost::asio::ip::address_v4::loopback(), boost::asio::ip::port_type(0)});
  loop.run(backends.coro, [&]() -> task<> {
    auto body = [&](task_group& group) {
      server = group.spawn([&]() -> task<> { co_await acceptor.async_accept(use_op); });
      left = backends.spawn(group, GetParam().first, [&] { return cross(first, second); });
      backends.spawn(group, GetParam().second, [&] { return cross(second, first); });
    };
    co_await with_task_group(body);  // hangs if nobody is told
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, WaitCycleBesideIoTest, cell_pairs(), pair_name);

// --- what is held for long ---

class LongHoldTest : public WaitScanTest {
 protected:
  child<> spawn_holder(task_group& group, duration length) {
    return spawn_a(group, [&, length]() -> task<> {
      auto guard = co_await first_.acquire();
      co_await sleep(length);
    });
  }
  child<> spawn_waiter(task_group& group, duration delay) {
    return spawn_b(group, [&, delay]() -> task<> {
      co_await sleep(delay);
      auto guard = co_await first_.acquire();
    });
  }
};

TEST_P(LongHoldTest, IsReportedToTheMomentWithHolderAndWaiter) {
  std::optional<child<>> holder;
  std::optional<child<>> waiter;
  run([&](task_group& group) {
    holder = spawn_holder(group, 10s);
    waiter = spawn_waiter(group, 1s);
  });
  ASSERT_THAT(told_, SizeIs(1));
  EXPECT_EQ(told_[0].when, time_point(6s));
  EXPECT_EQ(told_[0].report.kind, task_report::what::long_hold);
  EXPECT_THAT(
      told_[0].report.message(),
      ContainsRegex("^" + named(*holder) + ".*, spawned at .*:[0-9]+ has kept " + named(*waiter) +
                    ".* waiting for a lock for 5 s; itself it waits for sleep, 4 s more$"));
}

TEST_P(LongHoldTest, IsReportedOnceForAllWhoWait) {
  run([&](task_group& group) {
    spawn_holder(group, 24h);
    spawn_waiter(group, 1s);
    spawn_waiter(group, 2s);
    spawn_waiter(group, 3s);
  });
  ASSERT_THAT(told_, SizeIs(1));
  EXPECT_THAT(told_[0].report.message(), HasSubstr(" for a lock for 5 s, and 2 more; itself "));
}

TEST_P(LongHoldTest, IsReportedForEachHolding) {
  run([&](task_group& group) {
    spawn_holder(group, 7s);
    spawn_holder(group, 7s);
    spawn_holder(group, 7s);
  });
  ASSERT_THAT(told_, SizeIs(2));
  EXPECT_EQ(told_[0].when, time_point(5s));
  // The third has waited for 7 s, all of it for others, when the second begins to keep it waiting.
  EXPECT_GT(told_[1].when, time_point(7s));
  EXPECT_LT(told_[1].when, time_point(14s));
}

TEST_P(LongHoldTest, IsNoneThatEndsInTimeOrKeepsNobodyWaiting) {
  run([&](task_group& group) {
    spawn_holder(group, 4s);
    spawn_waiter(group, 1s);
    spawn_a(group, [&]() -> task<> {
      auto guard = co_await second_.acquire();
      co_await sleep(1h);
    });
  });
  EXPECT_THAT(told_, IsEmpty());
}

TEST_P(LongHoldTest, OfANotifiedWaiterCountsFromTheNotification) {
  condition changed(first_);
  run([&](task_group& group) {
    spawn_a(group, [&]() -> task<> {
      auto guard = co_await first_.acquire();
      co_await changed.wait();
    });
    spawn_b(group, [&]() -> task<> {
      co_await sleep(1h);
      auto guard = co_await first_.acquire();
      changed.notify_one();
      co_await sleep(4s);
    });
  });
  EXPECT_THAT(told_, IsEmpty());
}

TEST_P(LongHoldTest, IsNoneWhereATaskIsJoined) {
  std::optional<child<>> joined;
  run([&](task_group& group) {
    joined = spawn_a(group, []() -> task<> { co_await sleep(1h); });
    spawn_b(group, [&]() -> task<> { co_await joined->join(); });
  });
  EXPECT_THAT(told_, IsEmpty());
}

TEST_P(LongHoldTest, DoesNotKeepTheLoopFromADeadlock) {
  event never;
  EXPECT_THROW(run([&](task_group& group) {
                 spawn_a(group, [&]() -> task<> {
                   auto guard = co_await first_.acquire();
                   co_await never.wait();
                 });
                 spawn_waiter(group, {});
               }),
               deadlock);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(loop_.now(), time_point());
}

INSTANTIATE_TEST_SUITE_P(Hosts, LongHoldTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
