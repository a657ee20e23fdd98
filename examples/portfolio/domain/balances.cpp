#include "domain/balances.hpp"

#include <algorithm>

namespace portfolio {

void count_in(const trade& trade, by_asset& held) {
  for (const movement& movement : movements(trade)) held[movement.asset] += movement.amount;
}

balances join(const by_asset& held, const by_asset& prices) {
  balances result;
  for (const auto& [asset, amount] : held) {
    if (amount == decimal()) continue;
    balance& row = result.assets.emplace_back(balance{asset, amount, {}, {}});
    const auto price = prices.find(asset);
    if (price == prices.end()) continue;
    row.price = price->second;
    row.value = rounded_product(amount, price->second);
    result.total += *row.value;
  }
  // An unset optional is less than any value.
  std::ranges::stable_sort(result.assets, std::greater<>(), &balance::value);
  return result;
}

}  // namespace portfolio
