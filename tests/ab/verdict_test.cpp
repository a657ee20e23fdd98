#include "benchmarks/ab/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace crossfade::ab {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

using random_bits = std::mt19937_64;
/// What a run takes, the `i`-th of a session, were both sides the same.
using noise = std::function<double(random_bits&, std::size_t i)>;

double lognormal(random_bits& random, double spread) {
  return std::lognormal_distribution<double>(0, spread)(random);
}

/// How machines are.
const std::map<std::string, noise>& machines() {
  static const std::map<std::string, noise> all{
      {"lognormal", [](random_bits& r, std::size_t) { return lognormal(r, 0.03); }},
      {"heavy-tailed",
       [](random_bits& r, std::size_t) {
         const double u = std::uniform_real_distribution<double>(0, 1)(r);
         return lognormal(r, 0.01) * std::pow(1 - u, -0.6);  // not even a variance
       }},
      {"tied", [](random_bits& r, std::size_t) { return 10 + std::round(3 * lognormal(r, 0.2)); }},
      {"drifting",
       [](random_bits& r, std::size_t i) {
         const auto t = static_cast<double>(i);
         return lognormal(r, 0.02) * (1 + t / 100 + 0.1 * std::sin(t / 7));
       }},
  };
  return all;
}

/// The runs of a session, in pairs of random order, as a session makes them.
class simulated_session {
 public:
  simulated_session(noise machine, double slower) : machine_(std::move(machine)), slower_(slower) {}

  void add_pairs(random_bits& random, std::size_t pairs) {
    for (std::size_t i = 0; i < pairs; ++i) {
      const bool candidate_first = random() % 2 == 0;
      for (const bool candidate : {candidate_first, !candidate_first}) {
        const double took = machine_(random, made_++);
        (candidate ? candidate_ : baseline_).push_back(candidate ? took * slower_ : took);
      }
    }
  }
  verdict judge() const { return ab::judge(baseline_, candidate_); }

 private:
  noise machine_;
  double slower_;
  std::size_t made_ = 0;
  std::vector<double> baseline_;
  std::vector<double> candidate_;
};

struct tally {
  int better = 0;
  int worse = 0;
  int same = 0;
  int inconclusive = 0;

  void count(outcome kind) {
    better += kind == outcome::better;
    worse += kind == outcome::worse;
    same += kind == outcome::same;
    inconclusive += kind == outcome::inconclusive;
  }
};

tally simulate(const noise& machine, double slower, std::size_t pairs, int sessions) {
  random_bits random(pairs);
  tally found;
  for (int i = 0; i < sessions; ++i) {
    simulated_session session(machine, slower);
    session.add_pairs(random, pairs);
    found.count(session.judge().kind);
  }
  return found;
}

constexpr int sessions = 2000;

TEST(VerdictTest, EqualsAreToldApartNoMoreOftenThanTheConfidenceAllows) {
  for (const auto& [name, machine] : machines()) {
    for (const std::size_t pairs : {5U, 20U}) {
      const tally found = simulate(machine, 1, pairs, sessions);
      EXPECT_LE(found.better + found.worse, sessions * 5 / 100) << name << ' ' << pairs;
      // To both sides alike: no half of the errors is far from the other.
      EXPECT_LE(std::max(found.better, found.worse), sessions * 4 / 100) << name << ' ' << pairs;
    }
  }
}

TEST(VerdictTest, ADifferenceThatMattersIsFoundWithRunsEnough) {
  const tally found = simulate(machines().at("lognormal"), 1.05, 30, sessions);
  EXPECT_GE(found.worse, sessions * 95 / 100);
  EXPECT_EQ(found.better, 0);
  const tally other = simulate(machines().at("lognormal"), 1 / 1.05, 30, sessions);
  EXPECT_GE(other.better, sessions * 95 / 100);
  EXPECT_EQ(other.worse, 0);
}

TEST(VerdictTest, ADifferenceThatMattersIsNotCalledSameHoweverManyRunsThereAre) {
  for (const std::size_t pairs : {4U, 15U, 60U}) {
    const tally found = simulate(machines().at("lognormal"), 1.05, pairs, sessions / 2);
    EXPECT_LE(found.same, sessions / 2 * 4 / 100) << pairs;
    EXPECT_EQ(found.better, 0) << pairs;
  }
}

TEST(VerdictTest, TooFewRunsAreInconclusiveRatherThanWrong) {
  for (const std::string name : {"heavy-tailed", "tied"}) {
    const tally found = simulate(machines().at(name), 1.05, 5, sessions);
    EXPECT_LE(found.better + found.same, sessions * 5 / 100) << name;
    EXPECT_GE(found.inconclusive, sessions * 60 / 100) << name;
  }
}

TEST(VerdictTest, ADifferenceFarBelowTheEffectIsNone) {
  const tally found = simulate(machines().at("lognormal"), 1.005, 100, sessions / 4);
  EXPECT_GE(found.same, sessions / 4 * 99 / 100);
}

TEST(VerdictTest, TheRunsThatItAsksForSettleItMostly) {
  random_bits random(5);
  const noise machine = [](random_bits& r, std::size_t) { return lognormal(r, 0.1); };
  int asked = 0;
  int settled = 0;
  for (const double slower : {1.0, 1.01, 1.02, 1.03, 1.05, 1.08, 1 / 1.05}) {
    for (int i = 0; i < 150; ++i) {
      simulated_session session(machine, slower);
      session.add_pairs(random, 10);
      const verdict first = session.judge();
      if (first.kind != outcome::inconclusive) {
        EXPECT_EQ(first.more_runs, 0U);
        continue;
      }
      EXPECT_GE(first.more_runs, 1U);
      ++asked;
      session.add_pairs(random, first.more_runs);
      settled += session.judge().kind != outcome::inconclusive;
    }
  }
  EXPECT_GT(asked, 500);
  EXPECT_GE(settled, asked * 70 / 100);
}

TEST(VerdictTest, WithoutBoundsItAsksForTheRunsThatGiveSome) {
  const std::vector<double> one{1};
  const verdict found = judge(one, one);
  EXPECT_EQ(found.kind, outcome::inconclusive);
  EXPECT_EQ(found.runs, 1U);
  EXPECT_EQ(found.more_runs, 3U);
}

TEST(VerdictTest, RunsThatAreAllAlikeAreTheSame) {
  const std::vector<double> runs(4, 7.5);
  const verdict found = judge(runs, runs);
  EXPECT_EQ(found.kind, outcome::same);
  EXPECT_EQ(found.ratio, (statistics::interval{1, 1, 1}));
  EXPECT_EQ(found.p, 1);
}

TEST(VerdictTest, WhatIsMoreIsWorseUnlessMoreIsBetter) {
  const std::vector<double> less{1, 1.1, 1.2, 1.3, 1.4};
  const std::vector<double> more{2, 2.2, 2.4, 2.6, 2.8};
  EXPECT_EQ(judge(less, more).kind, outcome::worse);
  EXPECT_EQ(judge(more, less).kind, outcome::better);
  EXPECT_EQ(judge_more_is_better(less, more).kind, outcome::better);
  EXPECT_EQ(judge_more_is_better(more, less).kind, outcome::worse);
  EXPECT_EQ(judge_more_is_better(less, more).ratio.estimate, judge(less, more).ratio.estimate);
  EXPECT_LT(judge(less, more).p, 0.05);
}

TEST(VerdictTest, TheEffectReachesAsFarToEitherSide) {
  const std::vector<double> one(10, 1.0);
  const criterion by{.effect = 0.25};
  EXPECT_EQ(judge(one, std::vector<double>(10, 1.24), by).kind, outcome::same);
  EXPECT_EQ(judge(one, std::vector<double>(10, 1 / 1.24), by).kind, outcome::same);
  EXPECT_EQ(judge(one, std::vector<double>(10, 1.25), by).kind, outcome::worse);
  EXPECT_EQ(judge(one, std::vector<double>(10, 1 / 1.25), by).kind, outcome::better);
}

TEST(VerdictTest, SaysWhatItCannotJudge) {
  const std::vector<double> some{1, 2};
  const auto expect = [&](const std::vector<double>& candidate, criterion by, const char* text) {
    EXPECT_THAT([&] { judge(some, candidate, by); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(text)));
  };
  expect({}, {}, "without values");
  expect({0}, {}, "above 0");
  expect(some, {.effect = 0}, "an effect of 0.0");
  expect(some, {.confidence = 1}, "a confidence of 1.0");
}

}  // namespace
}  // namespace crossfade::ab
