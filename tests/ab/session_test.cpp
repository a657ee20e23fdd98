#include "benchmarks/ab/session.hpp"

#include "compat/sleep.hpp"
#include "tests/running_backend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace crossfade::ab {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using testing::ThrowsMessage;

/// An operation on the backend of that name. `pace` is that of the run: how fast the machine is.
using operation = std::function<task<>(std::string_view backend, double pace)>;

/// What a test makes workloads of, and sees of them.
struct stage {
  double spread = 0;  ///< of the pace, from run to run
  std::mt19937_64 random{1};
  int made = 0;
  int set_up = 0;
  int torn_down = 0;
};

class staged_workload final : public workload {
 public:
  staged_workload(backend& on, stage* seen, operation text)
      : on_(on), seen_(*seen), text_(std::move(text)) {
    ++seen_.made;
    if (seen_.spread > 0)
      pace_ = std::lognormal_distribution<double>(0, seen_.spread)(seen_.random);
  }
  task<> set_up() override {
    ++seen_.set_up;
    EXPECT_EQ(backend_of_running_task(), on_.name());
    co_return;
  }
  task<> operate(caller) override { return text_(on_.name(), pace_); }
  task<> tear_down() override {
    ++seen_.torn_down;
    EXPECT_EQ(backend_of_running_task(), on_.name());
    co_return;
  }

 private:
  backend& on_;
  stage& seen_;
  operation text_;
  double pace_ = 1;
};

duration from_milliseconds(double ms) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double, std::milli>(ms));
}

/// Sleeps for a millisecond, on the coroutine backend for so many times that.
operation sleeper(double slower_on_coro) {
  return [=](std::string_view backend, double pace) -> task<> {
    co_await sleep(from_milliseconds(pace * (backend == "coro" ? slower_on_coro : 1)));
  };
}

plan virtual_plan() { return {.loops = {.virtual_time = true}}; }

/// A session of one workload.
workload_result result_of(const plan& how, stage& seen, const operation& text,
                          workload_options what = {.name = "sleeper"}) {
  suite all;
  all.add<staged_workload>(std::move(what), &seen, text);
  session_result found = session(how).run(all.matching({}));
  EXPECT_THAT(found.workloads, SizeIs(1));
  return std::move(found.workloads.front());
}

const comparison& by(const workload_result& of, figure wanted) {
  const auto found = std::ranges::find(of.figures, wanted, &comparison::by);
  if (found == of.figures.end())
    throw std::logic_error("no comparison by " + std::string(to_string(wanted)));
  return *found;
}

TEST(SessionTest, EqualsAreTheSame) {
  stage exact;
  const workload_result found = result_of(virtual_plan(), exact, sleeper(1));
  EXPECT_EQ(found.decided.found.kind, outcome::same);
  EXPECT_EQ(found.decided.by, figure::time);
  EXPECT_EQ(found.decided.baseline, 1e6);
  EXPECT_EQ(found.decided.candidate, 1e6);
  EXPECT_EQ(found.calibration.kind, outcome::same);
  EXPECT_EQ(found.note, "");
}

TEST(SessionTest, EqualsAreTheSameUnderNoise) {
  int same = 0;
  int told_apart = 0;
  constexpr int sessions = 12;
  for (std::uint64_t seed = 1; seed <= sessions; ++seed) {
    plan how = virtual_plan();
    how.seed = seed;
    stage noisy{.spread = 0.05, .random = std::mt19937_64(seed)};
    const outcome found = result_of(how, noisy, sleeper(1)).decided.found.kind;
    same += found == outcome::same;
    told_apart += found == outcome::better || found == outcome::worse;
  }
  EXPECT_GE(same, sessions * 3 / 4);  // of calibrations, too, one in twenty fails
  EXPECT_LE(told_apart, sessions / 20);
}

TEST(SessionTest, FivePercentAreFound) {
  for (const double spread : {0.0, 0.03}) {
    stage seen{.spread = spread};
    const workload_result slower = result_of(virtual_plan(), seen, sleeper(1.05));
    EXPECT_EQ(slower.decided.found.kind, outcome::worse);
    EXPECT_NEAR(slower.decided.found.ratio.estimate, 1.05, spread + 1e-6);
    const workload_result faster = result_of(virtual_plan(), seen, sleeper(1 / 1.05));
    EXPECT_EQ(faster.decided.found.kind, outcome::better);
  }
}

TEST(SessionTest, WhatItCannotTellIsInconclusiveAndSaysHowManyRunsItWants) {
  stage noisy{.spread = 0.5};
  const workload_result found = result_of(virtual_plan(), noisy, sleeper(1.05));
  EXPECT_EQ(found.decided.found.kind, outcome::inconclusive);
  EXPECT_GT(found.decided.found.more_runs, found.decided.found.runs);
}

TEST(SessionTest, RunsComeInPairsOfRandomOrder) {
  stage noisy{.spread = 0.2};
  const workload_result found = result_of(virtual_plan(), noisy, sleeper(1));
  ASSERT_EQ(found.runs.size() % 2, 0U);
  std::size_t baseline_first = 0;
  const std::size_t pairs = found.runs.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i) {
    const run_record& first = found.runs[2 * i];
    const run_record& second = found.runs[2 * i + 1];
    EXPECT_NE(first.of, second.of);
    EXPECT_EQ(first.in, second.in);
    EXPECT_LT(first.began, second.began);
    baseline_first += first.of == side::baseline;
  }
  EXPECT_GT(baseline_first, pairs / 4);
  EXPECT_LT(baseline_first, pairs * 3 / 4);
  EXPECT_TRUE(std::ranges::is_sorted(found.runs, {}, &run_record::in));  // calibrated first
  // A pair more has been made, which nobody judges; each run has a workload of its own.
  EXPECT_EQ(noisy.made, static_cast<int>(found.runs.size()) + 2);
  EXPECT_EQ(noisy.set_up, noisy.made);
  EXPECT_EQ(noisy.torn_down, noisy.made);
}

TEST(SessionTest, TheOrderIsTheSeeds) {
  const auto order = [](std::uint64_t seed) {
    plan how = virtual_plan();
    how.seed = seed;
    stage exact;
    std::string sides;
    for (const run_record& run : result_of(how, exact, sleeper(1)).runs)
      sides += run.of == side::baseline ? 'b' : 'c';
    return sides;
  };
  EXPECT_EQ(order(4), order(4));
  EXPECT_NE(order(4), order(5));
}

TEST(SessionTest, TakesTheRunsThatTheCalibrationAsksForAndNoMoreThanTheTimeAllows) {
  const auto pairs_compared = [](double spread, duration each) {
    plan how = virtual_plan();
    how.each = each;
    stage seen{.spread = spread};
    const workload_result found = result_of(how, seen, sleeper(1));
    EXPECT_EQ(found.decided.found.runs, static_cast<std::size_t>(std::ranges::count(
                                            found.runs, phase::comparison, &run_record::in)) /
                                            2);
    const run_record& last = found.runs.back();
    EXPECT_LE(last.began + last.took, each);
    return found.decided.found.runs;
  };
  EXPECT_EQ(pairs_compared(0, 10s), 10U);
  const std::size_t some = pairs_compared(0.06, 20s);
  EXPECT_GT(some, 10U);
  EXPECT_LT(some, 120U);
  EXPECT_GE(pairs_compared(1, 10s), 55U);  // 10 s, less a quarter, in pairs of 120 ms
  EXPECT_LE(pairs_compared(1, 10s), 63U);
}

TEST(SessionTest, ATimeThatIsTooShortForBoundsIsExceeded) {
  plan how = virtual_plan();
  how.each = 1ms;
  stage exact;
  const workload_result found = result_of(how, exact, sleeper(2));
  EXPECT_EQ(found.decided.found.runs, 4U);
  EXPECT_EQ(found.decided.found.kind, outcome::worse);
}

// A confidence of one half lets every other calibration tell equals apart.
TEST(SessionTest, WhereTheCalibrationTellsEqualsApartNothingIsDecided) {
  int failed = 0;
  int passed = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    plan how = virtual_plan();
    how.each = 3s;
    how.by = {.effect = 0.001, .confidence = 0.5};
    stage noisy{.spread = 0.05, .random = std::mt19937_64(seed)};
    const workload_result found = result_of(how, noisy, sleeper(1.5));
    const outcome alike = found.calibration.kind;
    if (alike == outcome::better || alike == outcome::worse) {
      ++failed;
      EXPECT_EQ(found.decided.found.kind, outcome::inconclusive);
      EXPECT_THAT(found.note, StartsWith("The calibration tells fiber from itself, by time"));
      EXPECT_EQ(by(found, figure::time).found.kind, outcome::worse);  // what was seen is kept
    } else {
      ++passed;
      EXPECT_EQ(found.decided.found.kind, outcome::worse);
      EXPECT_EQ(found.note, "");
    }
  }
  EXPECT_GT(failed, 0);
  EXPECT_GT(passed, 0);
}

TEST(SessionTest, OperationsThatFailAreCountedAndTold) {
  stage exact;
  int begun = 0;
  const workload_result found =
      result_of(virtual_plan(), exact, [&](std::string_view backend, double) -> task<> {
        const bool fails = backend == "coro" && ++begun % 10 == 0;
        co_await sleep(1ms);
        if (fails) throw std::runtime_error("out of stock");
      });
  for (const run_record& run : found.runs) {
    const bool on_coro = run.in == phase::comparison && run.of == side::candidate;
    EXPECT_EQ(run.operations, 50U);
    EXPECT_EQ(run.failed, on_coro ? 5U : 0U);
  }
  EXPECT_EQ(found.note, "50 of 500 operations failed on coro; the first: out of stock");
  EXPECT_EQ(found.decided.found.kind, outcome::same);
}

TEST(SessionTest, WhereAllOperationsFailNothingIsDecided) {
  stage exact;
  const workload_result found =
      result_of(virtual_plan(), exact, [](std::string_view backend, double) -> task<> {
        co_await sleep(backend == "coro" ? 1ms : 2ms);
        if (backend == "coro") throw std::runtime_error("no such table");
      });
  EXPECT_EQ(found.decided.found.kind, outcome::inconclusive);
  EXPECT_THAT(found.note, AllOf(StartsWith("All of 500 operations failed on coro"),
                                HasSubstr("no such table")));
}

TEST(SessionTest, WhereNoOperationEndsNothingIsDecided) {
  plan how = virtual_plan();
  how.each = 1ms;
  stage exact;
  const workload_result found =
      result_of(how, exact, [](std::string_view backend, double) -> task<> {
        co_await sleep(backend == "coro" ? duration(1h) : 1ms);
      });
  EXPECT_EQ(found.decided.found.kind, outcome::inconclusive);
  EXPECT_EQ(found.decided.found.runs, 0U);
  EXPECT_THAT(found.note, HasSubstr("No operation has ended on coro."));
  EXPECT_THAT(found.figures, Not(Contains(testing::Field(&comparison::by, figure::time))));
}

TEST(SessionTest, AnOpenLoadIsDecidedByItsLatency) {
  const auto under_load = [](double slower) {
    plan how = virtual_plan();
    how.under = load{.rate = 400};
    stage noisy{.spread = 0.02};
    return result_of(how, noisy, sleeper(slower));
  };
  const workload_result slower = under_load(1.1);
  EXPECT_EQ(slower.decided.by, figure::latency_p50);
  EXPECT_EQ(slower.decided.found.kind, outcome::worse);
  EXPECT_EQ(under_load(1).decided.found.kind, outcome::same);
  EXPECT_THAT(slower.figures, Not(Contains(testing::Field(&comparison::by, figure::time))));
  EXPECT_TRUE(slower.under.is_open());
  // Both of a pair were asked for the same.
  for (std::size_t i = 0; i < slower.runs.size(); i += 2) {
    EXPECT_EQ(slower.runs[i].operations + slower.runs[i].unfinished,
              slower.runs[i + 1].operations + slower.runs[i + 1].unfinished);
  }
}

TEST(SessionTest, AnOpenLoadThatIsTooMuchIsTold) {
  plan how = virtual_plan();
  how.each = 2s;
  how.under = load{.rate = 1000};
  stage exact;
  const workload_result found = result_of(how, exact, sleeper(40));
  EXPECT_THAT(found.note, AllOf(HasSubstr("were not finished on coro"), Not(HasSubstr("fiber"))));
}

TEST(SessionTest, AllFiguresThatBothSidesHaveAreCompared) {
  stage exact;
  const workload_result found =
      result_of(virtual_plan(), exact, [](std::string_view backend, double) -> task<> {
        const int allocations = backend == "coro" ? 20'000 : 10'000;
        for (int i = 0; i < allocations; ++i) operator delete(operator new(16));
        co_await sleep(5ms);
      });
  EXPECT_THAT(found.figures, SizeIs(all_figures().size()));
  const comparison& allocated = by(found, figure::allocations);
  EXPECT_EQ(allocated.found.kind, outcome::worse);
  EXPECT_NEAR(allocated.found.ratio.estimate, 2, 0.02);
  EXPECT_NEAR(allocated.baseline, 10'000, 100);
  EXPECT_EQ(by(found, figure::loop_delay_p99).found.kind, outcome::same);  // none at all
  EXPECT_EQ(by(found, figure::latency_p99).baseline, 5e6);
  EXPECT_EQ(found.baseline_latency.count(), 100U);
  EXPECT_EQ(found.candidate_latency.quantile(0.5), 5ms);
}

TEST(SessionTest, AFigureIsByThing) {
  stage exact;
  const workload_result found =
      result_of(virtual_plan(), exact, sleeper(1), {.name = "rows", .things = 100, .thing = "row"});
  EXPECT_EQ(found.decided.baseline, 1e4);
  EXPECT_EQ(found.things, 100U);
  EXPECT_EQ(found.thing, "row");
}

TEST(SessionTest, AnotherFigureMayDecide) {
  plan how = virtual_plan();
  how.decided_by = figure::latency_p99;
  stage exact;
  const workload_result found = result_of(how, exact, sleeper(1.2));
  EXPECT_EQ(found.decided.by, figure::latency_p99);
  EXPECT_EQ(found.decided.found.kind, outcome::worse);
}

TEST(SessionTest, EitherBackendMayBeEitherSide) {
  plan how = virtual_plan();
  std::swap(how.baseline, how.candidate);
  stage exact;
  EXPECT_EQ(result_of(how, exact, sleeper(1.1)).decided.found.kind, outcome::better);
  how.candidate = how.baseline;
  EXPECT_EQ(result_of(how, exact, sleeper(1.1)).decided.found.kind, outcome::same);
}

TEST(SessionTest, SaysHowFarItHasCome) {
  struct step {
    std::string workload;
    std::size_t number;
    phase in;
    std::size_t run;
    std::size_t runs;
  };
  std::vector<step> steps;
  stage exact;
  suite all;
  all.add<staged_workload>({.name = "one"}, &exact, sleeper(1));
  all.add<staged_workload>({.name = "two"}, &exact, sleeper(1));
  const auto keep = [&](const progress& p) {
    EXPECT_EQ(p.workloads, 2U);
    steps.push_back({std::string(p.workload), p.number, p.in, p.run, p.runs});
  };
  const session_result found = session(virtual_plan(), keep).run(all.matching({}));
  std::size_t next = 0;
  for (std::size_t w = 0; w < 2; ++w) {
    const workload_result& of = found.workloads.at(w);
    EXPECT_EQ(of.name, w == 0 ? "one" : "two");
    for (const phase in : {phase::calibration, phase::comparison}) {
      const auto runs = static_cast<std::size_t>(std::ranges::count(of.runs, in, &run_record::in));
      for (std::size_t run = 1; run <= runs; ++run, ++next) {
        ASSERT_LT(next, steps.size());
        EXPECT_EQ(steps[next].workload, of.name);
        EXPECT_EQ(steps[next].number, w + 1);
        EXPECT_EQ(steps[next].in, in);
        EXPECT_EQ(steps[next].run, run);
        EXPECT_EQ(steps[next].runs, runs);
      }
    }
  }
  EXPECT_EQ(next, steps.size());
  EXPECT_THAT(found.began, testing::MatchesRegex("....-..-..T..:..:..Z"));
}

/// What fails besides operations.
class broken_workload final : public workload {
 public:
  broken_workload(backend& on, std::string where, int* torn_down)
      : fails_(on.name() == "coro"), where_(std::move(where)), torn_down_(*torn_down) {
    if (fails_ && where_ == "made") throw std::invalid_argument("no file");
  }
  task<> set_up() override {
    co_await sleep(1ms);
    if (fails_ && where_ == "set up") throw std::invalid_argument("no file");
  }
  task<> operate(caller) override { co_await sleep(1ms); }
  task<> tear_down() override {
    ++torn_down_;
    if (fails_ && where_ == "torn down") throw std::invalid_argument("no file");
    co_return;
  }

 private:
  bool fails_;
  std::string where_;
  int& torn_down_;
};

TEST(SessionTest, AWorkloadThatCannotBeMadeReadyEndsItByName) {
  for (const std::string where : {"made", "set up", "torn down"}) {
    int torn_down = 0;
    suite all;
    all.add<broken_workload>({.name = "prices/one"}, where, &torn_down);
    try {
      session(virtual_plan()).run(all.matching({}));
      ADD_FAILURE() << "nothing thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "the workload prices/one cannot be " + where + " on coro: no file");
      EXPECT_THROW(std::rethrow_if_nested(error), std::invalid_argument);
    }
    EXPECT_EQ(torn_down, where == "torn down" ? 2 : 1);
  }
}

TEST(SessionTest, APlanThatCannotBeIsRefused) {
  const auto expect = [](const std::function<void(plan&)>& spoil, const char* text) {
    plan how = virtual_plan();
    spoil(how);
    EXPECT_THAT([&] { session one(how); }, ThrowsMessage<std::invalid_argument>(HasSubstr(text)));
  };
  expect([](plan& p) { p.run = 0s; }, "runs of 0.0");
  expect([](plan& p) { p.warm_up = -1s; }, "a warm-up of -1.0");
  expect([](plan& p) { p.each = 0s; }, "for each workload");
  expect([](plan& p) { p.by.effect = 0; }, "an effect of 0.0");
  expect([](plan& p) { p.by.confidence = 1; }, "a confidence of 1.0");
  expect([](plan& p) { p.candidate = "corro"; }, "the backend corro; expected fiber or coro");
  expect([](plan& p) { p.under = load{.workers = 0}; }, "0 workers");
  expect([](plan& p) { p.under = load{.rate = -1}; }, "a rate of -1.0");
  expect(
      [](plan& p) {
        p.under = load{.rate = 5};
        p.decided_by = figure::time;
      },
      "an open load decided by time");

  stage exact;
  suite all;
  all.add<staged_workload>({.name = "idle", .usual = {.workers = 0}}, &exact, sleeper(1));
  EXPECT_THAT([&] { session(virtual_plan()).run(all.matching({})); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("0 workers")));
  EXPECT_EQ(exact.made, 0);
}

// In real time, as users run it. How long it takes is not what is tested here.
TEST(SessionTest, RunsInRealTime) {
  stage exact;
  const workload_result found =
      result_of({.each = 1ms, .run = 2ms, .warm_up = 1ms}, exact,
                [](std::string_view, double) -> task<> { co_await checkpoint(); });
  EXPECT_EQ(found.runs.size(), 16U);
  for (const run_record& run : found.runs) {
    EXPECT_GT(run.operations, 0U);
    EXPECT_GE(run.took, 2ms);
    EXPECT_GT(run.cpu, 0ns);
    EXPECT_EQ(run.failed, 0U);
  }
  EXPECT_GT(found.decided.baseline, 0);
  EXPECT_GT(found.decided.candidate, 0);
}

}  // namespace
}  // namespace crossfade::ab
