#include "benchmarks/ab/results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string_view>

namespace crossfade::ab {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

TEST(FiguresTest, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const figure f : all_figures()) names.insert(to_string(f));
  EXPECT_EQ(names.size(), all_figures().size());
  EXPECT_EQ(names.count(""), 0U);
}

TEST(FiguresTest, WhatOperationsTakeTogetherIsSharedAmongTheirThings) {
  const run_record run{
      .took = 2ms, .operations = 100, .cpu = 1ms, .allocations = 400, .context_switches = 50};
  EXPECT_THAT(value(run, figure::time, 10), Optional(2000.0));
  EXPECT_THAT(value(run, figure::cpu, 10), Optional(1000.0));
  EXPECT_THAT(value(run, figure::allocations, 10), Optional(0.4));
  EXPECT_THAT(value(run, figure::context_switches, 1), Optional(0.5));
}

TEST(FiguresTest, WhatARunHasAsAWholeIsNot) {
  const run_record run{.operations = 1,
                       .resident_bytes = 4096,
                       .loop_delay_p99 = 3us,
                       .latency_p50 = 1us,
                       .latency_p99 = 2us};
  EXPECT_THAT(value(run, figure::resident, 10), Optional(4096.0));
  EXPECT_THAT(value(run, figure::loop_delay_p99, 10), Optional(3000.0));
  EXPECT_THAT(value(run, figure::latency_p50, 10), Optional(1000.0));
  EXPECT_THAT(value(run, figure::latency_p99, 10), Optional(2000.0));
}

TEST(FiguresTest, ARunInWhichNothingEndedHasNoneOfItsOperations) {
  const run_record nothing{.took = 1ms, .cpu = 1ms};
  EXPECT_EQ(value(nothing, figure::time, 1), std::nullopt);
  EXPECT_EQ(value(nothing, figure::cpu, 1), std::nullopt);
  EXPECT_EQ(value(nothing, figure::latency_p50, 1), std::nullopt);
  const run_record waited{.latency_p50 = 1ms, .unfinished = 3};
  EXPECT_THAT(value(waited, figure::latency_p50, 1), Optional(1e6));
  EXPECT_EQ(value(waited, figure::time, 1), std::nullopt);
}

}  // namespace
}  // namespace crossfade::ab
