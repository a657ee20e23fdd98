#include "domain/decimal.hpp"

#include "domain/bad_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace portfolio {
namespace {

using testing::HasSubstr;

constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();

std::string why_not(std::string_view text) {
  try {
    return "read as " + decimal::parse(text).to_string();
  } catch (const bad_text& error) {
    return error.what();
  }
}

TEST(DecimalTest, ReadsAndPrintsExactly) {
  EXPECT_EQ(decimal::parse("12.5").units(), 1'250'000'000);
  EXPECT_EQ(decimal::parse("-0.00000001").units(), -1);
  for (const char* text : {"0", "1", "-1", "10", "0.1", "0.00000001", "-0.5", "12.5",
                           "-12.50000001", "92233720368.54775807", "-92233720368.54775808"}) {
    EXPECT_EQ(decimal::parse(text).to_string(), text);
  }
}

TEST(DecimalTest, ReadsSpellingsThatItDoesNotPrint) {
  EXPECT_EQ(decimal::parse("-0"), decimal());
  EXPECT_EQ(decimal::parse("007"), decimal::parse("7"));
  EXPECT_EQ(decimal::parse("1.50000000"), decimal::parse("1.5"));
}

TEST(DecimalTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", ".", "1.", ".5", "-.5", "+1", "1,5", "1.2.3", "1-", "--1",
                           "1e3", "0x1", " 1", "1 ", "1'000", "nan", "1.-5"}) {
    EXPECT_THAT(why_not(text), HasSubstr("expected a number like 12.5")) << text;
  }
}

TEST(DecimalTest, RefusesWhatItCannotHold) {
  EXPECT_EQ(why_not("0.123456789"), "is \"0.123456789\"; expected at most 8 decimals");
  EXPECT_EQ(why_not("92233720368.54775808"),
            "is \"92233720368.54775808\"; expected at most 92233720368.54775807");
  EXPECT_THAT(why_not("-92233720368.54775809"), HasSubstr("expected at most"));
  EXPECT_THAT(why_not(std::string(100, '9')), HasSubstr("begins with \"999"));
}

TEST(DecimalTest, AddsAndSubtracts) {
  EXPECT_EQ(decimal::parse("0.1") + decimal::parse("0.2"), decimal::parse("0.3"));
  EXPECT_EQ(decimal::parse("0.1") - decimal::parse("0.3"), decimal::parse("-0.2"));
  EXPECT_EQ(-decimal::parse("1.5"), decimal::parse("-1.5"));
  EXPECT_LT(decimal::parse("-1"), decimal::parse("0.00000001"));
}

TEST(DecimalTest, RoundsProductsHalfToEven) {
  EXPECT_EQ(rounded_product(decimal::parse("1.5"), decimal::parse("64000.1")),
            decimal::parse("96000.15"));
  // Units of 1e-8 times a half, and a little less and more.
  const auto of_half = [](std::int64_t units, const char* half) {
    return rounded_product(decimal::of_units(units), decimal::parse(half)).units();
  };
  EXPECT_EQ(of_half(1, "0.5"), 0);
  EXPECT_EQ(of_half(3, "0.5"), 2);
  EXPECT_EQ(of_half(5, "0.5"), 2);
  EXPECT_EQ(of_half(1, "0.49999999"), 0);
  EXPECT_EQ(of_half(1, "0.50000001"), 1);
  EXPECT_EQ(of_half(-1, "0.5"), 0);
  EXPECT_EQ(of_half(-3, "0.5"), -2);
  EXPECT_EQ(of_half(-1, "0.50000001"), -1);
  EXPECT_EQ(of_half(-1, "-0.50000001"), 1);
}

TEST(DecimalTest, ThrowsRatherThanWrapsAround) {
  const decimal most = decimal::of_units(highest);
  const decimal least = decimal::of_units(lowest);
  const decimal tiny = decimal::of_units(1);
  EXPECT_THROW(most + tiny, std::overflow_error);
  EXPECT_THROW(least - tiny, std::overflow_error);
  EXPECT_THROW(-least, std::overflow_error);
  EXPECT_THROW(rounded_product(most, decimal::parse("1.00000001")), std::overflow_error);
  EXPECT_THROW(rounded_product(least, most), std::overflow_error);
  EXPECT_EQ(rounded_product(most, decimal::parse("1")), most);
}

}  // namespace
}  // namespace portfolio
