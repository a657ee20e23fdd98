#include "domain/balances.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace portfolio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

decimal of(const char* text) { return decimal::parse(text); }

std::string shown(const std::optional<decimal>& value) { return value ? value->to_string() : "-"; }

std::vector<std::string> shown(const balances& balances) {
  std::vector<std::string> rows;
  rows.reserve(balances.assets.size());
  for (const balance& row : balances.assets) {
    rows.push_back(row.asset + ' ' + row.amount.to_string() + ' ' + shown(row.price) + ' ' +
                   shown(row.value));
  }
  return rows;
}

TEST(BalancesTest, JoinsWhatIsHeldWithPrices) {
  const balances joined = join({{"BTC", of("1.5")}, {"EUR", of("10")}},
                               {{"BTC", of("64000.1")}, {"EUR", of("1")}, {"XRP", of("2")}});
  EXPECT_THAT(shown(joined), ElementsAre("BTC 1.5 64000.1 96000.15", "EUR 10 1 10"));
  EXPECT_EQ(joined.total, of("96010.15"));
}

TEST(BalancesTest, PutsTheMostValuableFirstAndTheUnpricedLastByName) {
  const balances joined =
      join({{"A", of("1")}, {"B", of("1")}, {"C", of("1")}, {"D", of("-1")}, {"E", of("1")}},
           {{"B", of("1")}, {"D", of("9")}, {"E", of("5")}});
  EXPECT_THAT(shown(joined), ElementsAre("E 1 5 5", "B 1 1 1", "D -1 9 -9", "A 1 - -", "C 1 - -"));
  EXPECT_EQ(joined.total, of("-3"));
}

TEST(BalancesTest, LeavesOutWhatIsGone) {
  EXPECT_THAT(shown(join({{"BTC", of("0")}}, {{"BTC", of("64000")}})), IsEmpty());
}

TEST(BalancesTest, CountsTradesIn) {
  trade buy;
  buy.asset = "BTC";
  buy.amount = of("0.5");
  buy.quote = "EUR";
  buy.cost = of("100");
  buy.fee = of("1");
  buy.fee_asset = "EUR";
  by_asset held{{"EUR", of("1000")}};
  count_in(buy, held);
  count_in(buy, held);
  EXPECT_THAT(held, ElementsAre(std::pair("BTC", of("1")), std::pair("EUR", of("798"))));
}

}  // namespace
}  // namespace portfolio
