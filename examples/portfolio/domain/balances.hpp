#pragma once

#include "domain/decimal.hpp"
#include "domain/trade.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace portfolio {

/// Amounts, or prices, by asset.
using by_asset = std::map<std::string, decimal, std::less<>>;

/// Counts a trade in. Throws: `std::overflow_error`.
void count_in(const trade& trade, by_asset& held);

struct balance {
  std::string asset;
  decimal amount;
  std::optional<decimal> price;  ///< of one; unset if none is known
  std::optional<decimal> value;  ///< set if the price is
};

struct balances {
  std::vector<balance> assets;
  decimal total;  ///< of the values known
};

/// Joins what is held with prices. Most valuable first, then what has no price, by name; assets of
/// which nothing is left are not there. Throws: `std::overflow_error`.
balances join(const by_asset& held, const by_asset& prices);

}  // namespace portfolio
