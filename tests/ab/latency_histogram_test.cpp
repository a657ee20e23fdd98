#include "benchmarks/ab/latency_histogram.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

namespace crossfade::ab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// The least value that at least this share of the values does not exceed.
duration exact_quantile(const std::vector<duration>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

// From single nanoseconds to hours, each power of ten as often as any other.
TEST(LatencyHistogramTest, ItsQuantilesAreRightToAPart) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> magnitude(0, 13);
  for (int round = 0; round < 20; ++round) {
    latency_histogram histogram;
    std::vector<duration> values(1 + random() % 2000);
    for (duration& v : values) {
      v = duration(static_cast<duration::rep>(std::pow(10, magnitude(random))));
      histogram.record(v);
    }
    std::ranges::sort(values);
    for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const duration exact = exact_quantile(values, share);
      const duration found = histogram.quantile(share);
      EXPECT_GE(found, exact);
      EXPECT_LE(static_cast<double>((found - exact).count()),
                static_cast<double>(exact.count()) / 64);
    }
    EXPECT_EQ(histogram.quantile(1), values.back());
    EXPECT_EQ(histogram.max(), values.back());
  }
}

TEST(LatencyHistogramTest, IsExactBelow128Nanoseconds) {
  latency_histogram histogram;
  for (int ns = 0; ns < 128; ++ns) histogram.record(duration(ns));
  EXPECT_EQ(histogram.buckets().size(), 128U);
  EXPECT_EQ(histogram.quantile(0.5), 63ns);
  EXPECT_EQ(histogram.mean_ns(), 63.5);
}

TEST(LatencyHistogramTest, ItsBucketsLieSideBySideAndHoldWhatFallsIntoThem) {
  latency_histogram histogram;
  std::vector<latency_histogram::bucket> all;
  for (duration at = 0ns; at < 1h;) {
    latency_histogram one;
    one.record(at);
    ASSERT_EQ(one.buckets().size(), 1U);
    const latency_histogram::bucket found = one.buckets().front();
    ASSERT_EQ(found.low, at);
    ASSERT_LE((found.high - found.low) * 64, std::max(duration(64), found.low));
    latency_histogram last;
    last.record(found.high - 1ns);
    ASSERT_EQ(last.buckets().front(), found);
    at = found.high;
  }
}

TEST(LatencyHistogramTest, AddsUp) {
  latency_histogram a;
  a.record(10ns, 3);
  a.record(1ms);
  latency_histogram b;
  b.record(10ns);
  b.record(2s);
  b.record(5ns, 0);  // none
  a.add(b);
  EXPECT_EQ(a.count(), 6U);
  EXPECT_EQ(a.max(), 2s);
  EXPECT_EQ(a.quantile(0.5), 10ns);
  EXPECT_DOUBLE_EQ(a.mean_ns(), (4 * 10 + 1e6 + 2e9) / 6);
  EXPECT_EQ(a.buckets().front(), (latency_histogram::bucket{10ns, 11ns, 4}));
  EXPECT_EQ(a.buckets().size(), 3U);
}

TEST(LatencyHistogramTest, HasNothingToSayOfNothing) {
  const latency_histogram none;
  EXPECT_EQ(none.count(), 0U);
  EXPECT_EQ(none.quantile(0.5), 0ns);
  EXPECT_EQ(none.mean_ns(), 0);
  EXPECT_THAT(none.buckets(), ElementsAre());
}

TEST(LatencyHistogramTest, TakesWhatNoClockWouldSay) {
  latency_histogram histogram;
  histogram.record(-5ns);
  histogram.record(duration::max());
  EXPECT_EQ(histogram.quantile(0.5), 0ns);
  EXPECT_EQ(histogram.quantile(1), histogram.max());
  EXPECT_GT(histogram.max(), 24h);
}

}  // namespace
}  // namespace crossfade::ab
