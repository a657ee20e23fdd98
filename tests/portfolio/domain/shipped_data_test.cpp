#include "domain/balances.hpp"
#include "domain/trade_reader.hpp"
#include "simexch/market.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace portfolio {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

std::string content(const std::string& file) {
  std::ifstream stream(PORTFOLIO_DATA "/" + file, std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << file;
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct imported {
  std::vector<trade> trades;
  std::vector<std::string> rejected;
};

imported import(const std::string& file) {
  const std::string text = content(file);
  trade_reader reader(text);
  imported result;
  while (auto row = reader.next()) {
    if (auto* good = std::get_if<trade>(&*row)) {
      result.trades.push_back(std::move(*good));
    } else {
      const auto& bad = std::get<rejection>(*row);
      result.rejected.push_back(std::to_string(bad.line) + ": " + bad.reason);
    }
  }
  return result;
}

TEST(ShippedDataTest, EveryTradeIsGoodAndHasAnIdOfItsOwn) {
  const imported file = import("trades.csv");
  EXPECT_THAT(file.rejected, IsEmpty());
  std::set<std::string> ids;
  for (const trade& trade : file.trades) ids.insert(trade.id);
  EXPECT_EQ(file.trades.size(), 10'000U);
  EXPECT_EQ(ids.size(), 10'000U);
}

// The script that makes the file counts, too, in its own way.
TEST(ShippedDataTest, TheTradesAddUpToTheBalancesThatTheirScriptFound) {
  by_asset held;
  for (const trade& trade : import("trades.csv").trades) count_in(trade, held);
  std::string found = "asset,amount\n";
  for (const auto& [asset, amount] : held) found += asset + ',' + amount.to_string() + '\n';
  EXPECT_EQ(found, content("balances.csv"));
}

TEST(ShippedDataTest, TheSimulatedExchangeHasAPriceForEverythingHeld) {
  const simexch::market market(1);
  for (const trade& trade : import("trades.csv").trades) {
    ASSERT_TRUE(market.price(trade.asset, {})) << trade.asset;
  }
}

TEST(ShippedDataTest, BadRowsAreReportedByLineAndReasonAndGoodOnesAreIn) {
  const imported file = import("trades_with_errors.csv");
  EXPECT_EQ(file.trades.size(), 56U);
  const std::vector<std::string> expected{
      R"(5: id is empty; expected 1 to 64 letters, digits and . _ : -)",
      R"(8: id is "bad id"; expected 1 to 64 letters, digits and . _ : -)",
      R"(11: time is "01.05.2024 10:00"; expected a time in UTC like 2024-02-29T23:59:59Z)",
      R"(14: time is "2024-02-30T10:00:00Z"; expected a moment that exists)",
      R"(17: time is "2024-05-01T10:00:00+02:00"; expected a time in UTC like 2024-02-29T23:59:59Z)",
      R"(20: location is empty; expected 1 to 64 letters, digits and . _ : -)",
      R"(23: kind is "Buy"; expected buy, sell, deposit or withdrawal)",
      R"(26: asset is "btc"; expected an asset: 1 to 12 capital letters and digits)",
      R"(29: amount is "0,1"; expected a number like 12.5)",
      R"(32: amount is "-0.1"; expected more than 0)",
      R"(35: amount is "0.123456789"; expected at most 8 decimals)",
      R"(38: amount is "1e2"; expected a number like 12.5)",
      R"(41: amount is "100000000000"; expected at most 92233720368.54775807)",
      R"(44: quote is empty; expected an asset: 1 to 12 capital letters and digits)",
      R"(47: asset and quote are both BTC)",
      R"(50: cost is empty; expected a number like 12.5)",
      R"(53: fee is "-1"; expected 0 or more)",
      R"(56: fee_asset is empty; expected an asset: 1 to 12 capital letters and digits)",
      R"(59: quote is "EUR"; expected nothing for a deposit or withdrawal)",
      R"(62: has 8 fields; expected 11, as the header has)",
      R"(65: has 12 fields; expected 11, as the header has)",
      R"(68: there is a quote in a field that does not begin with one)",
      R"(71: a field goes on after its closing quote)",
      R"(74: a quote is not closed within 4096 bytes)",
      R"(77: byte 65 is not UTF-8)",
      R"(80: byte 68 is a control character)",
      R"(83: note begins with "long long long long long long long long "; expected at most 500 bytes)",
      R"(86: is longer than 4096 bytes)"};
  EXPECT_THAT(file.rejected, ElementsAreArray(expected));
}

}  // namespace
}  // namespace portfolio
