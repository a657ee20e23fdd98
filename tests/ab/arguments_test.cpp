#include "benchmarks/ab/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace crossfade::ab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(ArgumentsTest, ADurationHasAUnit) {
  EXPECT_EQ(parse_duration("1ns"), 1ns);
  EXPECT_EQ(parse_duration("20us"), 20us);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("1.5m"), 90s);
  EXPECT_EQ(parse_duration("24h"), 24h);
}

TEST(ArgumentsTest, WhatIsNoDurationIsRefused) {
  for (const char* const text : {"", "10", "s", "-1s", "0s", "0.1ns", "25h", "10 s", "10sec",
                                 "1e3s", "infs", "nans", "1s "}) {
    EXPECT_THAT([&] { parse_duration(text); },
                ThrowsMessage<std::invalid_argument>("is \"" + std::string(text) +
                                                     "\"; expected a length of time up to a day, "
                                                     "as 500ms, 10s or 2m"));
  }
}

TEST(ArgumentsTest, APercentageSaysSo) {
  EXPECT_DOUBLE_EQ(parse_percentage("5%"), 0.05);
  EXPECT_DOUBLE_EQ(parse_percentage("99.9%"), 0.999);
  for (const char* const text : {"", "5", "0.05", "%", "0%", "-5%", "5%%", "inf%", "nan%"}) {
    EXPECT_THAT([&] { parse_percentage(text); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("expected a percentage above 0")))
        << text;
  }
}

TEST(ArgumentsTest, AFigureIsOneWord) {
  EXPECT_EQ(parse_figure("time"), figure::time);
  EXPECT_EQ(parse_figure("latency-p50"), figure::latency_p50);
  EXPECT_EQ(parse_figure("latency-p99"), figure::latency_p99);
  EXPECT_EQ(parse_figure("cpu"), figure::cpu);
  EXPECT_THAT([] { parse_figure("latency"); },
              ThrowsMessage<std::invalid_argument>(
                  HasSubstr("is \"latency\"; expected one of time, latency-p50, latency-p99, ")));
}

}  // namespace
}  // namespace crossfade::ab
