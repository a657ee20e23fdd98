#include "domain/trade_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace portfolio {
namespace {

using testing::HasSubstr;

constexpr std::string_view header =
    "id,time,location,kind,asset,amount,quote,cost,fee,fee_asset,note\n";
constexpr std::string_view good =
    "T1,2024-05-01T10:00:00Z,kraken,buy,BTC,0.5,EUR,27000,70.2,EUR,dip\n";

std::variant<trade, rejection> first_of(std::string_view text) {
  trade_reader reader(text);
  auto row = reader.next();
  return row ? *row : rejection{0, "there is no row"};
}

// Why a row is refused that is good but for one text in it.
std::string why_not(std::string_view replaced, std::string_view by) {
  std::string row(good);
  row.replace(row.find(replaced), replaced.size(), by);
  const auto outcome = first_of(std::string(header) + row);
  const auto* rejected = std::get_if<rejection>(&outcome);
  return rejected ? rejected->reason : "it is taken";
}

std::string header_error(std::string_view text) {
  try {
    trade_reader reader(text);
  } catch (const bad_header& error) {
    return error.what();
  }
  return "it is taken";
}

TEST(TradeReaderTest, ReadsEveryColumn) {
  trade expected;
  expected.id = "T1";
  expected.time = parse_time("2024-05-01T10:00:00Z");
  expected.location = "kraken";
  expected.kind = trade_kind::buy;
  expected.asset = "BTC";
  expected.amount = decimal::parse("0.5");
  expected.quote = "EUR";
  expected.cost = decimal::parse("27000");
  expected.fee = decimal::parse("70.2");
  expected.fee_asset = "EUR";
  expected.note = "dip";
  const auto row = first_of(std::string(header) + std::string(good));
  ASSERT_TRUE(std::holds_alternative<trade>(row)) << std::get<rejection>(row).reason;
  EXPECT_EQ(std::get<trade>(row), expected);
}

TEST(TradeReaderTest, KnowsColumnsByNameNotPlace) {
  const auto row = first_of(
      "note,fee_asset,fee,cost,quote,amount,asset,kind,location,time,id\r\n"
      "dip,EUR,70.2,27000,EUR,0.5,BTC,buy,kraken,2024-05-01T10:00:00Z,T1\r\n");
  const auto same = first_of(std::string(header) + std::string(good));
  ASSERT_TRUE(std::holds_alternative<trade>(row)) << std::get<rejection>(row).reason;
  EXPECT_EQ(row, same);
}

TEST(TradeReaderTest, ADepositHasNoQuoteAndNeedsNoFee) {
  const auto row =
      first_of(std::string(header) + "D1,2024-05-01T10:00:00Z,kraken,deposit,EUR,100,,,,,\n");
  ASSERT_TRUE(std::holds_alternative<trade>(row)) << std::get<rejection>(row).reason;
  EXPECT_EQ(std::get<trade>(row).quote, "");
  EXPECT_EQ(std::get<trade>(row).fee_asset, "");
  EXPECT_EQ(why_not("buy,BTC,0.5,EUR,27000", "deposit,BTC,0.5,EUR,"),
            "quote is \"EUR\"; expected nothing for a deposit or withdrawal");
  EXPECT_THAT(why_not("buy,BTC,0.5,EUR,27000", "withdrawal,BTC,0.5,,1"),
              HasSubstr("cost is \"1\""));
}

TEST(TradeReaderTest, RefusesHeadersThatItDoesNotUnderstand) {
  const std::string columns =
      "; expected a header with the columns id,time,location,kind,asset,amount,quote,cost,fee,"
      "fee_asset,note";
  EXPECT_EQ(header_error(""), "line 1: there is no text" + columns);
  EXPECT_EQ(header_error("id,time\n"), "line 1: column location is missing" + columns);
  EXPECT_EQ(header_error("id,id\n"), "line 1: column id is there twice" + columns);
  EXPECT_EQ(header_error("\nid,Time\n"), "line 2: \"Time\" is no column" + columns);
  EXPECT_EQ(header_error("\"id\n"), "line 1: a quote is not closed" + columns);
}

TEST(TradeReaderTest, NamesTheColumnAndWhatIsExpected) {
  EXPECT_EQ(why_not("T1", ""), "id is empty; expected 1 to 64 letters, digits and . _ : -");
  EXPECT_EQ(why_not("T1", "T 1"), "id is \"T 1\"; expected 1 to 64 letters, digits and . _ : -");
  EXPECT_THAT(why_not("T1", std::string(65, 'x')), HasSubstr("expected 1 to 64 letters"));
  EXPECT_EQ(why_not("2024-05-01T10:00:00Z", "today"),
            "time is \"today\"; expected a time in UTC like 2024-02-29T23:59:59Z");
  EXPECT_THAT(why_not("kraken", "kr/aken"), HasSubstr("location is \"kr/aken\""));
  EXPECT_EQ(why_not("buy", "bought"),
            "kind is \"bought\"; expected buy, sell, deposit or withdrawal");
  EXPECT_EQ(why_not("BTC", "btc"),
            "asset is \"btc\"; expected an asset: 1 to 12 capital letters and digits");
  EXPECT_EQ(why_not("0.5", "\"0,5\""), "amount is \"0,5\"; expected a number like 12.5");
  EXPECT_EQ(why_not("0.5", "0"), "amount is \"0\"; expected more than 0");
  EXPECT_EQ(why_not("27000", "-1"), "cost is \"-1\"; expected more than 0");
  EXPECT_EQ(why_not("70.2", "-1"), "fee is \"-1\"; expected 0 or more");
  EXPECT_THAT(why_not("70.2,EUR", "70.2,"), HasSubstr("fee_asset is empty"));
  EXPECT_THAT(why_not("70.2,EUR", ",EUR"), HasSubstr("fee is empty"));
  EXPECT_EQ(why_not("EUR,27000", "BTC,27000"), "asset and quote are both BTC");
  EXPECT_THAT(why_not("dip", std::string(501, 'x')), HasSubstr("expected at most 500 bytes"));
  EXPECT_EQ(why_not(",dip", ""), "has 10 fields; expected 11, as the header has");
}

TEST(TradeReaderTest, QuotesLongTextsOnlyInPart) {
  // 39 bytes and a character of two: it is left out, not cut.
  EXPECT_EQ(why_not("BTC", std::string(39, 'x') + "ää"),
            "asset begins with \"" + std::string(39, 'x') +
                "\"; expected an asset: 1 to 12 capital letters and digits");
}

TEST(TradeReaderTest, ABadRowDoesNotSpoilTheOthers) {
  const std::string text = std::string(header) + std::string(good) + "bad\n" + std::string(good);
  trade_reader reader(text);
  EXPECT_TRUE(std::holds_alternative<trade>(reader.next().value()));
  EXPECT_EQ(std::get<rejection>(reader.next().value()).line, 3U);
  EXPECT_TRUE(std::holds_alternative<trade>(reader.next().value()));
  EXPECT_FALSE(reader.next().has_value());
}

}  // namespace
}  // namespace portfolio
