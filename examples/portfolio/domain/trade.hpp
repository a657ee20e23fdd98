#pragma once

#include "domain/decimal.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portfolio {

enum class trade_kind : std::uint8_t { buy, sell, deposit, withdrawal };

/// Its name, in lower case.
std::string_view to_string(trade_kind kind) noexcept;
/// The kind of that name. Throws: `bad_text`.
trade_kind parse_trade_kind(std::string_view name);

/// Something that changed what one holds. Every decimal is a size and not negative; `kind` says
/// which way it went.
struct trade {
  std::string id;  ///< no two have the same
  time_point time;
  std::string location;  ///< the exchange or wallet
  trade_kind kind = trade_kind::buy;
  std::string asset;
  decimal amount;     ///< of `asset`
  std::string quote;  ///< what a buy was paid in, and a sale for; empty for the other kinds
  decimal cost;       ///< in `quote`, without the fee
  decimal fee;
  std::string fee_asset;  ///< empty if there was no fee
  std::string note;
  friend bool operator==(const trade&, const trade&) = default;
};

/// An amount that comes, or goes if it is negative.
struct movement {
  std::string asset;
  decimal amount;
  friend bool operator==(const movement&, const movement&) = default;
};

/// What a trade does to what one holds; an asset may occur more than once.
std::vector<movement> movements(const trade& trade);

}  // namespace portfolio
