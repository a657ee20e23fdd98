#include "domain/trade.hpp"

#include "domain/bad_text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace portfolio {
namespace {

constexpr std::array<std::string_view, 4> kinds{"buy", "sell", "deposit", "withdrawal"};

}  // namespace

std::string_view to_string(trade_kind kind) noexcept {
  return kinds[static_cast<std::size_t>(kind)];
}

trade_kind parse_trade_kind(std::string_view name) {
  const auto found = std::ranges::find(kinds, name);
  if (found == kinds.end()) throw bad_text(name, "buy, sell, deposit or withdrawal");
  return static_cast<trade_kind>(std::distance(kinds.begin(), found));
}

std::vector<movement> movements(const trade& trade) {
  const bool comes = trade.kind == trade_kind::buy || trade.kind == trade_kind::deposit;
  std::vector<movement> moves{{trade.asset, comes ? trade.amount : -trade.amount}};
  if (!trade.quote.empty()) moves.push_back({trade.quote, comes ? -trade.cost : trade.cost});
  if (!trade.fee_asset.empty()) moves.push_back({trade.fee_asset, -trade.fee});
  return moves;
}

}  // namespace portfolio
