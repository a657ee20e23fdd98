#include "benchmarks/ab/detail/svg_chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "benchmarks/ab/detail/wording.hpp"

namespace crossfade::ab::detail {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;
using testing::SizeIs;

std::vector<std::string> labels_of(const axis& of) {
  std::vector<std::string> labels;
  for (const axis::tick& tick : of.ticks()) labels.push_back(tick.label);
  return labels;
}

svg_chart plain_chart() {
  return {"title", "description", 100, axis::linear(0, 10, plain), axis::linear(0, 10, plain)};
}

TEST(EscapedTest, LeavesNoMarkup) {
  EXPECT_EQ(escaped("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  EXPECT_EQ(escaped("gr\u00fcn\n\t"), "gr\u00fcn\n\t");
  EXPECT_EQ(escaped(std::string_view("a\0b\x1f", 4)), "a\uFFFDb\uFFFD");
}

TEST(AxisTest, LinearEndsAtRoundValues) {
  const axis found = axis::linear(0.3, 9.2, plain);
  EXPECT_THAT(labels_of(found), ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_EQ(found.place(0), 0);
  EXPECT_EQ(found.place(5), 0.5);
  EXPECT_EQ(found.place(10), 1);
}

TEST(AxisTest, LogarithmicMarksOneTwoFiveOrTens) {
  EXPECT_THAT(labels_of(axis::logarithmic(1.5, 90, plain)),
              ElementsAre("1", "2", "5", "10", "20", "50", "100"));
  EXPECT_THAT(labels_of(axis::logarithmic(15, 3e6, plain)),
              ElementsAre("10", "100", "1000", "10000", "100000", "1000000", "10000000"));
  const axis found = axis::logarithmic(1, 100, plain);
  EXPECT_DOUBLE_EQ(found.place(10), 0.5);
}

TEST(AxisTest, LogarithmicOfAShortStretchHasEvenSteps) {
  EXPECT_THAT(labels_of(axis::logarithmic(810, 990, plain)),
              ElementsAre("800", "850", "900", "950", "1000"));
}

// Whatever the range: some marks, not too many, and all of it within.
TEST(AxisTest, HasAFewMarksWhateverItHolds) {
  for (double low = 1e-3; low < 1e10; low *= 3.7) {
    for (double span = 1; span < 1e9; span *= 1.9) {
      for (const axis& found :
           {axis::linear(low, low * span, plain), axis::logarithmic(low, low * span, plain)}) {
        EXPECT_THAT(found.ticks(), SizeIs(testing::AllOf(Ge(2U), Le(15U))))
            << low << " to " << low * span;
        EXPECT_TRUE(found.holds(low));
        EXPECT_TRUE(found.holds(low * span));
      }
    }
  }
}

TEST(AxisTest, PercentilesGiveEachNineTheSameRoom) {
  const axis found = axis::percentiles(10'000);
  EXPECT_THAT(labels_of(found), ElementsAre("0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"));
  EXPECT_NEAR(found.place(0.99) - found.place(0.9), found.place(0.9), 1e-9);
  EXPECT_NEAR(found.place(0.999) - found.place(0.99), found.place(0.9), 1e-9);
  EXPECT_EQ(found.place(1), 1);
}

TEST(AxisTest, RatiosHaveEqualInTheMiddleAndWorseAsFarAsBetter) {
  const axis found = axis::ratios(0.5, 1.1, 0.05, plain);
  EXPECT_NEAR(found.place(1), 0.5, 1e-9);
  EXPECT_NEAR(found.place(2) + found.place(0.5), 1, 1e-9);
  EXPECT_THAT(labels_of(found), Contains("1"));
  EXPECT_TRUE(found.holds(0.5));
  EXPECT_FALSE(found.holds(0));
  EXPECT_FALSE(found.holds(std::numeric_limits<double>::infinity()));
}

TEST(AxisTest, RatiosShowWhatMattersBesideWhatIsFarOff) {
  const axis found = axis::ratios(0.01, 50, 0.05, plain);
  EXPECT_GT(found.place(1.05) - found.place(1), 0.02);
}

TEST(AxisTest, WhatLiesBeyondIsPutAtTheEnd) {
  const axis found = axis::linear(0, 10, plain);
  EXPECT_EQ(found.place(-5), 0);
  EXPECT_EQ(found.place(50), 1);
  EXPECT_FALSE(found.holds(50));
}

TEST(SvgChartTest, SaysWhatItShows) {
  const svg_chart chart("<title>", "a & b", 100, axis::linear(0, 1, plain),
                        axis::linear(0, 1, plain));
  EXPECT_THAT(chart.text(), HasSubstr("<title>&lt;title&gt;</title><desc>a &amp; b</desc>"));
}

TEST(SvgChartTest, HigherValuesAreFurtherUp) {
  svg_chart chart = plain_chart();
  chart.mark({2, 8}, marker::circle, "dot", "here");
  EXPECT_THAT(chart.text(), HasSubstr(R"(<circle class="dot" cx="20.00%" cy="20.00%")"));
}

TEST(SvgChartTest, ABoundBeyondTheAxisIsAnArrow) {
  svg_chart within = plain_chart();
  within.interval(2, 8, 5, "bar");
  EXPECT_THAT(within.text(), Not(HasSubstr("0L0 0L")));
  svg_chart beyond = plain_chart();
  beyond.interval(2, std::numeric_limits<double>::infinity(), 5, "bar");
  EXPECT_THAT(beyond.text(), HasSubstr(R"(x2="100.00%")"));
  EXPECT_THAT(beyond.text(), HasSubstr("M-6 -5L0 0L-6 5"));
}

TEST(SvgChartTest, ALineOfNothingDrawsNothing) {
  svg_chart chart = plain_chart();
  const std::string before = chart.text();
  chart.line({}, "line");
  chart.area({}, "area");
  EXPECT_EQ(chart.text(), before);
}

}  // namespace
}  // namespace crossfade::ab::detail
