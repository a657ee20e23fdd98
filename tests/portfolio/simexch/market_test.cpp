#include "simexch/market.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace simexch {
namespace {

using portfolio::decimal;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds some_time{seconds(1'700'000'000)};

TEST(MarketTest, ThePriceDependsOnNothingButSeedAssetAndTime) {
  // Recorded: another machine or run must find the same.
  EXPECT_EQ(market(1).price("BTC", some_time)->to_string(), "71738.168");
  EXPECT_EQ(market(1).price("DOGE", some_time)->to_string(), "0.16051264");
  EXPECT_NE(market(2).price("BTC", some_time), market(1).price("BTC", some_time));
}

TEST(MarketTest, PricesMoveFromSecondToSecondButLittle) {
  const market market(7);
  std::set<decimal> seen;
  for (int i = 0; i < 600; ++i) {
    const auto now = market.price("BTC", some_time + seconds(i)).value();
    const auto then = market.price("BTC", some_time + seconds(i + 1)).value();
    const auto step = then > now ? then - now : now - then;
    EXPECT_LT(step, decimal::parse("94")) << i;  // a thousandth
    seen.insert(now);
  }
  EXPECT_GT(seen.size(), 300U);
}

TEST(MarketTest, PricesStayWithinAThirdOfTheUsual) {
  const market market(7);
  decimal low = decimal::parse("94000");
  decimal high = low;
  for (int day = -10'000; day < 10'000; ++day) {
    const auto price = market.price("BTC", sys_seconds(std::chrono::days(day))).value();
    low = std::min(low, price);
    high = std::max(high, price);
  }
  EXPECT_GT(low, decimal::parse("62600"));
  EXPECT_LT(high, decimal::parse("125400"));
  EXPECT_LT(low, decimal::parse("75000"));  // they do wander
  EXPECT_GT(high, decimal::parse("113000"));
}

TEST(MarketTest, StableAssetsHardlyMove) {
  const market market(7);
  for (int day = 0; day < 1'000; ++day) {
    const auto price = market.price("USD", sys_seconds(std::chrono::days(day))).value();
    EXPECT_GT(price, decimal::parse("0.84"));
    EXPECT_LT(price, decimal::parse("0.88"));
  }
}

TEST(MarketTest, ItsCurrencyCostsOne) {
  EXPECT_EQ(market(7).price(market::currency, some_time), decimal::parse("1"));
}

TEST(MarketTest, EveryListedAssetHasAPriceAndNoOther) {
  for (const auto asset : market::assets()) {
    EXPECT_GT(market(7).price(asset, some_time), decimal()) << asset;
  }
  EXPECT_EQ(market(7).price("NOPE", some_time), std::nullopt);
  EXPECT_EQ(market(7).price("", some_time), std::nullopt);
}

}  // namespace
}  // namespace simexch
