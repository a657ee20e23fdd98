#include "benchmarks/ab/baseline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>

namespace crossfade::ab {
namespace {

using testing::HasSubstr;

constexpr duration fast = std::chrono::microseconds(100);

run_record run_of(side who, duration took) {
  run_record run;
  run.of = who;
  run.took = took;
  run.operations = 100;
  return run;
}

/// Whose sides took so long for each run, give or take a little.
workload_result workload_of(const std::string& name, duration fiber, duration coro) {
  workload_result one;
  one.name = name;
  one.calibration.kind = outcome::same;
  for (int i = 0; i < 20; ++i) {
    const duration noise = i * fiber / 10'000;
    one.runs.push_back(run_of(side::baseline, fiber + noise));
    one.runs.push_back(run_of(side::candidate, coro + noise));
  }
  // What is no comparison does not count.
  run_record other = run_of(side::baseline, 50 * fiber);
  other.in = phase::calibration;
  one.runs.push_back(other);
  return one;
}

session_result session_of(workload_result one) {
  session_result session;
  session.began = "2030-01-02T03:04:05Z";
  session.workloads.push_back(std::move(one));
  return session;
}

TEST(BaselineTest, EachSideIsComparedWithItself) {
  const auto then = session_of(workload_of("queue", fast, 3 * fast));
  const auto now = session_of(workload_of("queue", 2 * fast, 3 * fast));
  const auto found = compare(then, now);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].backend, "fiber");
  EXPECT_EQ(found[0].found.found.kind, outcome::worse);
  EXPECT_NEAR(found[0].found.found.ratio.estimate, 2, 0.01);
  EXPECT_NEAR(found[0].found.baseline, 1000, 2) << "of one operation";
  EXPECT_NEAR(found[0].found.candidate, 2000, 4);
  EXPECT_TRUE(found[0].is_worse());
  EXPECT_EQ(found[1].backend, "coro");
  EXPECT_EQ(found[1].found.found.kind, outcome::same);
  EXPECT_FALSE(found[1].is_worse());
}

TEST(BaselineTest, FasterThanBeforeIsBetter) {
  const auto found = compare(session_of(workload_of("queue", 2 * fast, fast)),
                             session_of(workload_of("queue", fast, fast)));
  EXPECT_EQ(found[0].found.found.kind, outcome::better);
  EXPECT_THAT(found[0].text(), HasSubstr("queue on fiber is better than before: time "));
  EXPECT_THAT(found[1].text(), HasSubstr("queue on coro is the same as before: time "));
}

TEST(BaselineTest, TheBackendsNameDecidesWhoIsWho) {
  auto then = session_of(workload_of("queue", fast, 3 * fast));
  std::swap(then.baseline, then.candidate);
  const auto found = compare(then, session_of(workload_of("queue", 3 * fast, fast)));
  EXPECT_EQ(found[0].found.found.kind, outcome::same);
  EXPECT_EQ(found[1].found.found.kind, outcome::same);
}

TEST(BaselineTest, WhatWasNotThereIsNotCompared) {
  const auto found = compare(session_of(workload_of("queue", fast, fast)),
                             session_of(workload_of("lock", 2 * fast, fast)));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].not_compared, "it was not there");
  EXPECT_FALSE(found[0].is_worse());
  EXPECT_EQ(found[1].text(), "lock on coro is not compared with before: it was not there");
}

TEST(BaselineTest, WhatIsNotAlikeIsNotCompared) {
  const auto why_not = [](const auto& change) {
    auto now = workload_of("queue", 2 * fast, fast);
    change(now);
    const auto found = compare(session_of(workload_of("queue", fast, fast)), session_of(now));
    EXPECT_EQ(found.front().is_worse(), found.front().not_compared.empty());
    return found.front().not_compared;
  };
  EXPECT_EQ(why_not([](workload_result&) {}), "");
  EXPECT_THAT(why_not([](workload_result& now) { now.under.workers = 4; }), HasSubstr("the load"));
  EXPECT_THAT(why_not([](workload_result& now) { now.under.rate = 500; }), HasSubstr("the load"));
  EXPECT_THAT(why_not([](workload_result& now) { now.things = 10; }), HasSubstr("an operation"));
  EXPECT_THAT(why_not([](workload_result& now) { now.calibration.kind = outcome::worse; }),
              HasSubstr("calibration"));
  EXPECT_THAT(why_not([](workload_result& now) { now.decided.by = figure::allocations; }),
              HasSubstr("no allocations above 0"));
}

TEST(BaselineTest, TheTableSaysSinceWhenAndWhat) {
  const auto then = session_of(workload_of("queue", fast, fast));
  std::ostringstream table;
  write_table(table, then, compare(then, session_of(workload_of("queue", 2 * fast, fast))));
  EXPECT_THAT(table.str(), HasSubstr("2030-01-02T03:04:05Z"));
  EXPECT_THAT(table.str(), HasSubstr("worse"));
  EXPECT_THAT(table.str(), HasSubstr("same"));
}

}  // namespace
}  // namespace crossfade::ab
