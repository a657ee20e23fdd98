#include "benchmarks/ab/detail/load_generator.hpp"

#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/sleep.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"
#include "tests/running_backend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace crossfade::ab::detail {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::Lt;

/// Operations that are a function.
class served final : public workload {
 public:
  explicit served(std::function<task<>(caller)> text) : text_(std::move(text)) {}
  task<> operate(caller by) override { return text_(by); }

 private:
  std::function<task<>(caller)> text_;
};

/// Under virtual time, on the backend of that name: all that is measured is exact.
class LoadGeneratorTest : public testing::TestWithParam<const char*> {
 protected:
  run_outcome generate(const run_plan& how, std::function<task<>(caller)> operation) {
    served work(std::move(operation));
    run_outcome found;
    loop_.run(carrier(), [&]() -> task<> { co_await generate_load(loop_, work, how, found); });
    return found;
  }
  backend& carrier() { return GetParam() == fiber_.name() ? static_cast<backend&>(fiber_) : coro_; }
  /// The running task computes for so long, as far as the loop can tell.
  void keep_busy(duration length) { loop_.core().coarse_now += length; }

  loop loop_{{.virtual_time = true}};
  fiber_backend::backend fiber_{loop_};
  coro_backend::backend coro_{loop_};
};

constexpr run_plan closed(std::size_t workers, duration length = 100ms) {
  return {.under = {.workers = workers}, .warm_up = 20ms, .length = length};
}

constexpr run_plan open(double rate, duration length) {
  return {.under = {.rate = rate}, .warm_up = 200ms, .length = length, .seed = 3};
}

TEST_P(LoadGeneratorTest, AWorkerBeginsTheNextWhenTheLastHasEnded) {
  const run_outcome found = generate(closed(1), [](caller) -> task<> { co_await sleep(10ms); });
  EXPECT_EQ(found.record.operations, 10U);
  EXPECT_EQ(found.record.took, 100ms);
  EXPECT_EQ(found.record.latency_p50, 10ms);
  EXPECT_EQ(found.record.latency_max, 10ms);
  EXPECT_EQ(found.latencies.count(), 10U);
  EXPECT_EQ(found.record.failed + found.record.unfinished, 0U);
}

TEST_P(LoadGeneratorTest, WorkersOperateAtTheSameTime) {
  std::map<std::size_t, int> by_worker;
  const run_outcome found = generate(closed(4), [&](caller by) -> task<> {
    EXPECT_EQ(by.workers, 4U);
    ++by_worker[by.worker];
    co_await sleep(10ms);
  });
  EXPECT_EQ(found.record.operations, 40U);
  EXPECT_EQ(found.record.took, 100ms);
  const std::map<std::size_t, int> each_alike{{0, 12}, {1, 12}, {2, 12}, {3, 12}};  // and warm-up
  EXPECT_EQ(by_worker, each_alike);
}

TEST_P(LoadGeneratorTest, OperationsRunOnTheBackendOfWhoAsks) {
  for (const run_plan& how : {closed(2), open(100, 100ms)}) {
    generate(how, [&](caller) -> task<> {
      EXPECT_EQ(backend_of_running_task(), GetParam());
      co_await sleep(10ms);
    });
  }
}

TEST_P(LoadGeneratorTest, WhatTheWarmUpDoesIsNotMeasured) {
  int begun = 0;
  const run_outcome found = generate(closed(1), [&](caller) -> task<> {
    ++begun;
    co_await sleep(begun == 1 ? 35ms : 10ms);
    if (begun == 1) throw std::runtime_error("cold");
  });
  EXPECT_EQ(begun, 11);
  EXPECT_EQ(found.record.operations, 10U);
  EXPECT_EQ(found.record.latency_max, 10ms);
  EXPECT_EQ(found.record.took, 100ms);
  EXPECT_EQ(found.record.failed, 0U);
  EXPECT_EQ(found.first_error, "");
}

TEST_P(LoadGeneratorTest, TheLastOperationsOfAClosedLoadAreWaitedFor) {
  const run_outcome found = generate(closed(2), [](caller) -> task<> { co_await sleep(30ms); });
  EXPECT_EQ(found.record.operations, 8U);
  EXPECT_EQ(found.record.took, 120ms);
}

TEST_P(LoadGeneratorTest, FailuresAreCountedAndTheFirstIsTold) {
  int begun = 0;
  const run_outcome found = generate(closed(1), [&](caller) -> task<> {
    const int number = ++begun;
    co_await sleep(10ms);
    if (number % 4 == 0) throw std::runtime_error("no stock, " + std::to_string(number));
  });
  EXPECT_EQ(found.record.operations, 10U);
  EXPECT_EQ(found.record.failed, 3U);  // the 4th, 8th and 12th; 2 were warm-up
  EXPECT_EQ(found.first_error, "no stock, 4");
}

TEST_P(LoadGeneratorTest, OperationsThatNeverWaitLetOtherWorkersTakeTurns) {
  std::map<std::size_t, int> by_worker;
  generate(closed(2), [&](caller by) -> task<> {
    ++by_worker[by.worker];
    keep_busy(60us);
    co_return;
  });
  EXPECT_GT(by_worker[0], 900);
  EXPECT_NEAR(by_worker[0], by_worker[1], 18);  // what fits into a turn, in each part
}

TEST_P(LoadGeneratorTest, WhatDoesNotEndIsCancelledAfterTheGrace) {
  event never;
  int unwound = 0;
  run_plan how = closed(3);
  how.warm_up = 0ms;
  const run_outcome found = generate(how, [&](caller by) -> task<> {
    if (by.worker > 0) {
      co_await sleep(10ms);
      co_return;
    }
    try {
      co_await never.wait();
    } catch (const cancelled&) {
      ++unwound;
      throw;
    }
  });
  EXPECT_EQ(unwound, 1);
  EXPECT_EQ(found.record.unfinished, 1U);
  EXPECT_EQ(found.record.operations, 20U);
  EXPECT_EQ(found.record.latency_max, 1100ms);
  EXPECT_EQ(found.record.took, 1100ms);
  EXPECT_EQ(found.latencies.count(), 21U);
}

TEST_P(LoadGeneratorTest, AWarmUpThatDoesNotEndKeepsNoOneFromMeasuring) {
  event never;
  int begun = 0;
  const run_outcome found = generate(closed(1), [&](caller) -> task<> {
    if (++begun == 1) {
      co_await never.wait();
    } else {
      co_await sleep(10ms);
    }
  });
  EXPECT_EQ(found.record.operations, 10U);
  EXPECT_EQ(found.record.unfinished, 0U);
}

/// What the generator asks for, beginning at 0, and which of it is measured.
std::vector<duration> measured_arrivals(const run_plan& how) {
  std::vector<duration> due = arrivals(how.under.rate, how.warm_up + how.length, how.seed);
  std::erase_if(due, [&](duration at) { return at < how.warm_up; });
  return due;
}

TEST_P(LoadGeneratorTest, AnOpenLoadDoesNotWaitForOperationsToEnd) {
  const run_plan how = open(500, 2s);
  const duration end = how.warm_up + how.length;
  latency_histogram expected;
  std::uint64_t ended = 0;
  for (const duration due : measured_arrivals(how)) {
    ended += due + 30ms <= end;
    expected.record(std::min<duration>(30ms, end - due));
  }
  const run_outcome found = generate(how, [](caller by) -> task<> {
    EXPECT_EQ(by.workers, 0U);
    co_await sleep(30ms);
  });
  EXPECT_EQ(found.record.operations, ended);
  EXPECT_EQ(found.record.unfinished, expected.count() - ended);
  EXPECT_GT(found.record.unfinished, 0U);
  EXPECT_EQ(found.latencies.buckets(), expected.buckets());
  EXPECT_EQ(found.record.took, how.length);
}

// One server, which needs 1 ms for each, and once 1 s. Who comes meanwhile waits for it, though
// it is served in 1 ms when its turn has come.
TEST_P(LoadGeneratorTest, WaitingBehindAStallCounts) {
  const run_plan how = open(50, 5s);
  constexpr std::size_t slow = 60;
  const auto service = [](std::size_t number) -> duration {
    return number == slow ? duration(1s) : duration(1ms);
  };
  const std::vector<duration> due = arrivals(50, how.warm_up + how.length, how.seed);
  ASSERT_GT(due.size(), slow);
  latency_histogram expected;
  duration free_at{};
  for (std::size_t i = 0; i < due.size(); ++i) {
    free_at = std::max(free_at, due[i]) + service(i);
    if (due[i] >= how.warm_up)
      expected.record(std::min(free_at, how.warm_up + how.length) - due[i]);
  }
  lock server;
  const run_outcome found = generate(how, [&](caller by) -> task<> {
    auto guard = co_await server.acquire();
    co_await sleep(service(by.worker));
  });
  EXPECT_EQ(found.latencies.buckets(), expected.buckets());
  EXPECT_EQ(found.record.latency_max, expected.max());
  EXPECT_GE(found.record.latency_max, 1s);
  EXPECT_GT(found.latencies.quantile(0.9), 100ms);  // a closed load would have met one slow one
}

TEST_P(LoadGeneratorTest, WaitingForALoopThatIsBusyCounts) {
  const run_plan how = open(50, 5s);
  const std::vector<duration> due = measured_arrivals(how);
  const duration end = how.warm_up + how.length;
  const duration busy_from = due[50];
  latency_histogram expected;
  for (const duration at : due)
    expected.record(at < busy_from ? 0ms : std::max<duration>(busy_from + 1s - at, 0ms));
  const run_outcome found = generate(how, [&](caller) -> task<> {
    if (loop_.now() == time_point(busy_from)) keep_busy(1s);
    co_return;
  });
  ASSERT_LT(busy_from + 1s, end);
  EXPECT_EQ(found.record.operations, due.size());
  EXPECT_EQ(found.latencies.buckets(), expected.buckets());
}

TEST_P(LoadGeneratorTest, WhatCouldNotBeBegunInTimeIsUnfinished) {
  const run_plan how = open(50, 1s);
  const std::vector<duration> due = measured_arrivals(how);
  std::size_t begun = 0;
  const run_outcome found = generate(how, [&](caller) -> task<> {
    if (loop_.now() < time_point(how.warm_up)) co_return;
    if (++begun == 1) keep_busy(10s);
    co_return;
  });
  EXPECT_EQ(begun, 1U);
  EXPECT_EQ(found.record.operations, 1U);
  EXPECT_EQ(found.record.unfinished, due.size() - 1);
  EXPECT_EQ(found.record.latency_max, 10s);
  EXPECT_EQ(found.record.took, due.front() + 10s - how.warm_up);
}

TEST_P(LoadGeneratorTest, WhatIsLeftOfAnOpenLoadMayEndUnmeasuredOrIsCancelled) {
  event never;
  int unwound = 0;
  run_plan how = open(20, 1s);
  how.warm_up = 0ms;
  const std::vector<duration> due = measured_arrivals(how);
  const run_outcome found = generate(how, [&](caller) -> task<> {
    try {
      co_await never.wait();
    } catch (const cancelled&) {
      ++unwound;
      throw;
    }
  });
  EXPECT_EQ(unwound, due.size());
  EXPECT_EQ(found.record.operations, 0U);
  EXPECT_EQ(found.record.unfinished, due.size());
  EXPECT_EQ(found.record.latency_max, 1s - due.front());
  EXPECT_EQ(found.record.took, 1s);
  EXPECT_EQ(loop_.now(), time_point(2s));  // with the grace
}

TEST_P(LoadGeneratorTest, FailuresOfAnOpenLoadAreCounted) {
  const run_plan how = open(50, 1s);
  const run_outcome found = generate(how, [&](caller) -> task<> {
    if (loop_.now() >= time_point(how.warm_up)) throw std::runtime_error("no stock");
    throw std::runtime_error("cold");
    co_return;
  });
  EXPECT_EQ(found.record.failed, measured_arrivals(how).size());
  EXPECT_EQ(found.record.operations, found.record.failed);
  EXPECT_EQ(found.first_error, "no stock");
}

INSTANTIATE_TEST_SUITE_P(Backends, LoadGeneratorTest, testing::Values("fiber", "coro"),
                         [](const auto& of) { return std::string(of.param); });

TEST(ArrivalsTest, AreAsManyAsTheRateSays) {
  const std::vector<duration> found = arrivals(1000, 100s, 5);
  EXPECT_NEAR(static_cast<double>(found.size()), 100'000, 1000);  // three deviations
  EXPECT_TRUE(std::ranges::is_sorted(found));
  EXPECT_THAT(found, Each(AllOf(Ge(0s), Lt(100s))));
}

// Of a Poisson process: gaps are above their mean in 1/e of all cases.
TEST(ArrivalsTest, DoNotComeInStep) {
  const std::vector<duration> found = arrivals(1000, 100s, 6);
  std::size_t far_apart = 0;
  for (std::size_t i = 1; i < found.size(); ++i) far_apart += found[i] - found[i - 1] > 1ms;
  EXPECT_NEAR(static_cast<double>(far_apart) / static_cast<double>(found.size()), 0.3679, 0.005);
}

TEST(ArrivalsTest, AreTheSeeds) {
  EXPECT_EQ(arrivals(100, 1s, 7), arrivals(100, 1s, 7));
  EXPECT_NE(arrivals(100, 1s, 7), arrivals(100, 1s, 8));
}

}  // namespace
}  // namespace crossfade::ab::detail
