#include "domain/trade.hpp"

#include "domain/bad_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portfolio {
namespace {

using testing::ElementsAre;

trade purchase() {
  trade t;
  t.asset = "BTC";
  t.amount = decimal::parse("0.5");
  t.quote = "EUR";
  t.cost = decimal::parse("20000");
  t.fee = decimal::parse("52");
  t.fee_asset = "EUR";
  return t;
}

movement move(const char* asset, const char* amount) { return {asset, decimal::parse(amount)}; }

TEST(TradeTest, ABuyBringsTheAssetAndTakesCostAndFee) {
  EXPECT_THAT(movements(purchase()),
              ElementsAre(move("BTC", "0.5"), move("EUR", "-20000"), move("EUR", "-52")));
}

TEST(TradeTest, ASaleTakesTheAssetAndBringsItsCostLessTheFee) {
  trade sale = purchase();
  sale.kind = trade_kind::sell;
  EXPECT_THAT(movements(sale),
              ElementsAre(move("BTC", "-0.5"), move("EUR", "20000"), move("EUR", "-52")));
}

TEST(TradeTest, DepositsAndWithdrawalsMoveOneAsset) {
  trade t;
  t.asset = "ETH";
  t.amount = decimal::parse("2");
  t.kind = trade_kind::deposit;
  EXPECT_THAT(movements(t), ElementsAre(move("ETH", "2")));
  t.kind = trade_kind::withdrawal;
  t.fee = decimal::parse("0.001");
  t.fee_asset = "ETH";
  EXPECT_THAT(movements(t), ElementsAre(move("ETH", "-2"), move("ETH", "-0.001")));
}

TEST(TradeTest, KindsAreReadByTheNamesTheyPrint) {
  using enum trade_kind;
  for (const trade_kind kind : {buy, sell, deposit, withdrawal}) {
    EXPECT_EQ(parse_trade_kind(to_string(kind)), kind);
  }
  EXPECT_EQ(to_string(withdrawal), "withdrawal");
  EXPECT_THROW(parse_trade_kind("Buy"), bad_text);
  EXPECT_THROW(parse_trade_kind(""), bad_text);
}

}  // namespace
}  // namespace portfolio
