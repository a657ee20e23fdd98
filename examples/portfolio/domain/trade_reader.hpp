#pragma once

#include "domain/csv.hpp"
#include "domain/trade.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <variant>

namespace portfolio {

/// The text is no table of trades at all: its header is missing or wrong.
class bad_header : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads trades from CSV, row by row: each is a trade, or is rejected for a reason, and has no
/// influence on the others.
///
/// The columns are documented in the README. All are there, in any order; one that is not known is
/// refused, lest a misspelt one be ignored. Lifetime: the text outlives the reader.
class trade_reader {
 public:
  static constexpr std::array<std::string_view, 11> columns{
      "id",    "time", "location", "kind",      "asset", "amount",
      "quote", "cost", "fee",      "fee_asset", "note"};
  /// Where each column is in a record.
  using places = std::array<std::size_t, columns.size()>;

  /// Throws: `bad_header`.
  explicit trade_reader(std::string_view csv);
  /// The next row; none at the end.
  std::optional<std::variant<trade, rejection>> next();

 private:
  csv_reader csv_;
  places places_;
};

}  // namespace portfolio
