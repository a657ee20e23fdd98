#include "domain/time.hpp"

#include "domain/bad_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace portfolio {
namespace {

using testing::HasSubstr;

std::string why_no_time(std::string_view text) {
  try {
    return "read as " + to_string(parse_time(text));
  } catch (const bad_text& error) {
    return error.what();
  }
}

TEST(TimeTest, CountsFromTheEpoch) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z").time_since_epoch().count(), 0);
  EXPECT_EQ(parse_time("2024-02-29T23:59:59.001Z").time_since_epoch().count(), 1'709'251'199'001);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59.999Z").time_since_epoch().count(), -1);
}

TEST(TimeTest, PrintsWhatItReads) {
  for (const char* text :
       {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59.120Z", "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.001Z"}) {
    EXPECT_EQ(to_string(parse_time(text)), text);
  }
}

TEST(TimeTest, RefusesOtherSpellings) {
  for (const char* text :
       {"", "Z", "2024-05-01", "2024-05-01T10:00Z", "2024-05-01T10:00:00", "2024-05-01 10:00:00Z",
        "2024-05-01T10:00:00+00:00", "2024-05-01T10:00:00.Z", "2024-05-01T10:00:00.1Z",
        "2024-05-01T10:00:00.1234Z", "24-05-01T10:00:00Z", "2024-05-01T10:00:00ZZ",
        "2024-5-1T10:00:00Z", "2024-05-01t10:00:00z", "-024-05-01T10:00:00Z"}) {
    EXPECT_THAT(why_no_time(text), HasSubstr("expected a time in UTC like 2024-02-29T23:59:59Z"));
  }
}

TEST(TimeTest, RefusesMomentsThatNeverWere) {
  for (const char* text : {"2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
                           "2024-04-31T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
                           "2016-12-31T23:59:60Z"}) {
    EXPECT_THAT(why_no_time(text), HasSubstr("expected a moment that exists"));
  }
}

}  // namespace
}  // namespace portfolio
