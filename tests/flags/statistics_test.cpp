#include "flags/statistics/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

namespace crossfade::statistics {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// All differences, written down and sorted: what `shift` only counts.
std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all;
  for (const double x : a) {
    for (const double y : b) all.push_back(y - x);
  }
  std::ranges::sort(all);
  return all;
}

double middle(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

TEST(ShiftTest, IsTheMedianOfAllDifferences) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> a(1 + random() % 12);
    std::vector<double> b(1 + random() % 12);
    for (auto* side : {&a, &b}) {
      for (double& value : *side) value = static_cast<double>(random() % 20) - 10;  // with ties
    }
    EXPECT_EQ(shift(a, b, 0.95).estimate, middle(differences(a, b)));
  }
}

// Hollander and Wolfe, Nonparametric Statistical Methods: the permeability of the human
// chorioamnion at term and at 12 to 26 weeks; R's wilcox.test gives these values for them.
TEST(ShiftTest, AgreesWithWhatIsPublished) {
  const std::vector<double> term{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const std::vector<double> earlier{1.15, 0.88, 0.90, 0.74, 1.21};
  EXPECT_NEAR(shift(earlier, term, 0.95).estimate, 0.305, 1e-12);
  const rank_test test = mann_whitney(earlier, term);
  EXPECT_EQ(test.u, 35);
  EXPECT_NEAR(test.p_larger, 0.1223, 5e-4);  // with the correction for continuity
}

// The interval is what its confidence says: how often it holds the truth, over many samples.
TEST(ShiftTest, ItsBoundsHoldTheTruthAsOftenAsTheySay) {
  std::mt19937 random(11);
  std::lognormal_distribution<double> latency(0, 1);
  constexpr int rounds = 2000;
  int held = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> a(30);
    std::vector<double> b(25);
    for (double& value : a) value = latency(random);
    for (double& value : b) value = latency(random) * 1.5;
    const interval found = ratio(a, b, 0.9);
    held += found.low <= 1.5 && 1.5 <= found.high;
    EXPECT_LE(found.low, found.estimate);
    EXPECT_LE(found.estimate, found.high);
  }
  EXPECT_GT(held, rounds * 88 / 100);
  EXPECT_LT(held, rounds * 93 / 100);
}

TEST(ShiftTest, HasNoBoundsWhereTooFewValuesGiveNone) {
  const interval found = shift(std::vector<double>{1, 2}, std::vector<double>{2, 3}, 0.95);
  EXPECT_EQ(found, (interval{-infinity, 1, infinity}));
}

TEST(ShiftTest, OfValuesThatAreAllOneIsNone) {
  const std::vector<double> same(20, 4);
  EXPECT_EQ(shift(same, same, 0.99), (interval{0, 0, 0}));
  EXPECT_EQ(mann_whitney(same, same).p_larger, 1);
}

TEST(ShiftTest, CountsWithoutWritingDown) {
  std::vector<double> a(20'000);
  std::vector<double> b(20'000);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<double>(i);
    b[i] = static_cast<double>(i) + 0.5;
  }
  EXPECT_EQ(shift(a, b, 0.99).estimate, 0.5);  // of 400 million differences
}

TEST(ShiftTest, SaysWhatItCannotCompare) {
  const std::vector<double> good{1, 2};
  EXPECT_THAT([&] { shift({}, good, 0.9); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("without values")));
  EXPECT_THAT([&] { shift(good, good, 1); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("expected one between 0 and 1")));
  EXPECT_THAT([&] { shift(good, std::vector<double>{infinity}, 0.9); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("not finite")));
  EXPECT_THAT([&] { ratio(good, std::vector<double>{0}, 0.9); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("above 0")));
}

// Newcombe, Statistics in Medicine 17 (1998), table II, method 10: 56/70 against 48/80 and 9/10
// against 3/10 and 5/56 against 0/29.
TEST(ShareDifferenceTest, AgreesWithWhatIsPublished) {
  const auto expect = [](count a, count b, double low, double high) {
    const interval found = share_difference(a, b, 0.95);
    EXPECT_NEAR(found.low, low, 5e-5);
    EXPECT_NEAR(found.high, high, 5e-5);
  };
  expect({48, 80}, {56, 70}, 0.0524, 0.3339);
  expect({3, 10}, {9, 10}, 0.1705, 0.8090);
  expect({0, 29}, {5, 56}, -0.0381, 0.1926);
}

TEST(ShareDifferenceTest, SaysWhatItCannotCompare) {
  EXPECT_THAT(
      [] {
        share_difference({0, 0}, {1, 2}, 0.9);
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("share of nothing")));
}

}  // namespace
}  // namespace crossfade::statistics
