#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::workloads {

/// The reference service's data/trades.csv, as it was when this was built.
extern const std::string_view shipped_trades;

/// Its header and its first `count` trades, each with the end of its line. Throws:
/// `std::runtime_error` if there are not so many.
std::vector<std::string_view> first_trades(std::size_t count);

/// CSV of these rows, with `mark` before the id of each trade: with another mark they are others.
std::string marked_trades(const std::vector<std::string_view>& rows, std::string_view mark);

}  // namespace crossfade::workloads
