#include "flags/statistics/planning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace crossfade::statistics {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double no_bound = std::numeric_limits<double>::infinity();

bool has_bounds(std::size_t values, double confidence) {
  std::vector<double> other;
  for (std::size_t i = 0; i < values; ++i) other.push_back(2 + static_cast<double>(i) / 100);
  std::vector<double> one;
  for (std::size_t i = 0; i < values; ++i) one.push_back(1 + static_cast<double>(i) / 100);
  return std::isfinite(shift(one, other, confidence).low);
}

TEST(PlanningTest, TheLeastValuesAreTheFirstThatHaveBounds) {
  for (const double confidence : {0.5, 0.8, 0.9, 0.95, 0.99, 0.999}) {
    const std::size_t least = least_values(confidence);
    EXPECT_TRUE(has_bounds(least, confidence)) << confidence;
    EXPECT_TRUE(least == 1 || !has_bounds(least - 1, confidence)) << confidence;
  }
}

TEST(PlanningTest, HalfTheReachTakesFourTimesTheValues) {
  EXPECT_EQ(values_for({-1, 0, 1}, 10, 0.5, 0.95), 40U);
  EXPECT_EQ(values_for({3, 4, 5}, 10, 2, 0.95), least_values(0.95));
  EXPECT_EQ(values_for({-no_bound, 0, no_bound}, 2, 0.5, 0.95), least_values(0.95));
}

TEST(PlanningTest, BoundsThatAreInfiniteNeedTheValuesThatMakeThemFinite) {
  EXPECT_EQ(more_values({-no_bound, 0, no_bound}, 1, 0.1, 0.95), least_values(0.95) - 1);
  EXPECT_EQ(more_values({-no_bound, 0, no_bound}, 100, 0.1, 0.95), 1U);  // the other side has few
}

TEST(PlanningTest, TheNearerADifferenceIsToBeingToldTheFewerValuesItTakes) {
  const std::size_t far = more_values({-0.09, 0.01, 0.11}, 10, 0.05, 0.95);
  const std::size_t near = more_values({-0.01, 0.09, 0.19}, 10, 0.05, 0.95);
  EXPECT_LT(near, far);
  EXPECT_GE(near, 1U);
  // With bounds half the margin away from the estimate, every difference is told.
  EXPECT_LE(far, values_for({-0.09, 0.01, 0.11}, 10, 0.025, 0.95) - 10);
}

TEST(PlanningTest, TakesADifferenceForWhatItIsWhicheverSideIsLarger) {
  EXPECT_EQ(more_values({-0.05, 0.03, 0.11}, 12, 0.05, 0.95),
            more_values({-0.11, -0.03, 0.05}, 12, 0.05, 0.95));
}

TEST(PlanningTest, SaysWhatItCannotPlan) {
  const interval some{-1, 0, 1};
  EXPECT_THAT([&] { more_values(some, 3, 0, 0.9); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("a margin of 0.0")));
  EXPECT_THAT([&] { values_for(some, 3, -1, 0.9); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("a reach of -1.0")));
  EXPECT_THAT([&] { least_values(1.5); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("a confidence of 1.5")));
}

}  // namespace
}  // namespace crossfade::statistics
