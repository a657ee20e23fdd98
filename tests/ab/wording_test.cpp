#include "benchmarks/ab/detail/wording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "specimen.hpp"

namespace crossfade::ab::detail {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr double none = std::numeric_limits<double>::infinity();

verdict of_ratio(double low, double estimate, double high) {
  return {.kind = outcome::better,
          .ratio = {low, estimate, high},
          .p = 0.01,
          .runs = 10,
          .more_runs = 0};
}

session_result one(const specimen_workload& how) {
  session_result session;
  session.workloads.push_back(made_up(how));
  return session;
}

std::string sentence_of(const session_result& session) {
  return sentence(session, session.workloads.front());
}

TEST(WordingTest, NumbersHaveThreeSignificantDigits) {
  EXPECT_EQ(rounded(0), "0");
  EXPECT_EQ(rounded(1), "1.00");
  EXPECT_EQ(rounded(1.2345), "1.23");
  EXPECT_EQ(rounded(12.345), "12.3");
  EXPECT_EQ(rounded(9.996), "10.0");
  EXPECT_EQ(rounded(99.96), "100");
  EXPECT_EQ(rounded(12345), "12300");
  EXPECT_EQ(rounded(0.0012345), "0.00123");
  EXPECT_EQ(rounded(-1.2345), "-1.23");
}

TEST(WordingTest, PlainNumbersAreAsShortAsTheyCanBe) {
  EXPECT_EQ(plain(5), "5");
  EXPECT_EQ(plain(0.1 + 0.2), "0.3");
  EXPECT_EQ(plain(99.9), "99.9");
  EXPECT_EQ(plain(-20), "-20");
}

TEST(WordingTest, QuantitiesAreInTheUnitThatFits) {
  EXPECT_EQ(nanoseconds(0), "0 ns");
  EXPECT_EQ(nanoseconds(843), "843 ns");
  EXPECT_EQ(nanoseconds(999.6), "1.00 us");
  EXPECT_EQ(nanoseconds(12'345'678), "12.3 ms");
  EXPECT_EQ(nanoseconds(3.6e12), "3600 s");
  EXPECT_EQ(bytes(1023), "1020 B");
  EXPECT_EQ(bytes(1536), "1.50 KiB");
  EXPECT_EQ(count(0.5), "0.500");
  EXPECT_EQ(count(1'200'000), "1.20 M");
  EXPECT_EQ(per_second(999), "999/s");
  EXPECT_EQ(per_second(20'000), "20.0 k/s");
}

TEST(WordingTest, AChangeIsInPercentUntilItIsATwofoldOne) {
  EXPECT_EQ(change(of_ratio(1.011, 1.032, 1.05)), "+3.2 % [+1.1, +5.0]");
  EXPECT_EQ(change(of_ratio(0.7, 0.76, 0.8)), "-24.0 % [-30.0, -20.0]");
  EXPECT_EQ(change(of_ratio(2.3, 2.414, 2.52)), "2.41x [2.30, 2.52]");
  EXPECT_EQ(change(of_ratio(0.2, 0.25, 0.3)), "0.250x [0.200, 0.300]");
  EXPECT_EQ(change(of_ratio(1, 1, 1)), "+0.0 % [+0.0, +0.0]");
  EXPECT_EQ(change(of_ratio(0.9, 0.99999, 1)), "+0.0 % [-10.0, +0.0]");
}

TEST(WordingTest, BoundsThatAreNotThereAreNotMadeUp) {
  EXPECT_EQ(change(of_ratio(0, 1.1, none)), "+10.0 % [no bounds]");
  EXPECT_EQ(change(of_ratio(0.9, 1.1, none)), "+10.0 % [-10.0, +inf]");
  EXPECT_EQ(change(of_ratio(1.5, 3, none)), "3.00x [1.50, inf]");
  EXPECT_EQ(change(verdict{}), "-");
}

TEST(WordingTest, ALoadIsClosedOrOpen) {
  EXPECT_EQ(to_text({.workers = 1}), "closed, 1 worker");
  EXPECT_EQ(to_text({.workers = 4}), "closed, 4 workers");
  EXPECT_EQ(to_text({.workers = 4, .rate = 2000}), "open, 2.00 k/s");
}

TEST(WordingTest, TheSentenceSaysWhoIsHowMuchBetter) {
  EXPECT_THAT(sentence_of(one({.name = "a", .factor = 0.5})),
              StartsWith("coro is 2.0"));  // not exactly 2: runs differ
  EXPECT_THAT(sentence_of(one({.name = "a", .factor = 0.5})), HasSubstr("x faster than fiber: "));
  EXPECT_THAT(sentence_of(one({.name = "a", .factor = 2})), HasSubstr("x slower than fiber: "));
  EXPECT_THAT(sentence_of(one({.name = "a", .factor = 0.9})),
              HasSubstr(" % less time per request than fiber: "));
  EXPECT_THAT(sentence_of(one({.name = "a", .factor = 1.1})),
              HasSubstr(" % more time per request than fiber: "));
  EXPECT_THAT(sentence_of(one({.name = "a", .factor = 1.5, .under = {.rate = 100}})),
              AllOf(StartsWith("coro's latency p50 is 1."), HasSubstr("x higher than fiber's: ")));
}

TEST(WordingTest, TheSentenceSaysThatThereIsNoDifferenceOrHowToFindOne) {
  EXPECT_THAT(sentence_of(one({.name = "a", .spread = 0.01})),
              StartsWith("coro and fiber do not differ by 5 % or more in time per request: "));
  session_result unsure = one({.name = "a", .spread = 0.5, .runs = 8});
  verdict& found = unsure.workloads[0].decided.found;
  ASSERT_EQ(found.kind, outcome::inconclusive);
  found.more_runs = 34;
  EXPECT_THAT(sentence_of(unsure), testing::EndsWith(" 34 more runs of each side would."));
  found.more_runs = 1;
  EXPECT_THAT(sentence_of(unsure), testing::EndsWith(" 1 more run of each side would."));
  EXPECT_THAT(sentence_of(without_runs()), StartsWith("There is nothing to compare"));
}

TEST(WordingTest, BesidesNamesWhatElseDiffersByWhomItIsFor) {
  const session_result session = specimen();
  const std::string text = besides(session.workloads.front());
  EXPECT_THAT(text, AllOf(StartsWith("better: latency p50 -"), HasSubstr(", cpu per request -"),
                          HasSubstr("; worse: allocations per request 3.00x")));
  EXPECT_EQ(besides(without_runs().workloads.front()), "");
}

TEST(WordingTest, TheTallyCountsEachOutcome) {
  EXPECT_EQ(tally(specimen()),
            "coro is better in 1, worse in 2, the same in 1; 1 is inconclusive (of 5 workloads).");
  EXPECT_EQ(tally(one({.name = "a", .factor = 0.5})), "coro is better in 1 (of 1 workload).");
  EXPECT_EQ(tally(without_runs()), "1 is inconclusive (of 1 workload).");
  EXPECT_EQ(tally({}), "There is no workload in this session.");
}

TEST(WordingTest, TheWinnerIsABackend) {
  const session_result session = specimen();
  EXPECT_EQ(winner(session, session.workloads[0].decided.found), "coro");
  EXPECT_EQ(winner(session, session.workloads[1].decided.found), "");
  EXPECT_EQ(winner(session, session.workloads[2].decided.found), "fiber");
}

}  // namespace
}  // namespace crossfade::ab::detail
