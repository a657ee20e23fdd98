#pragma once

#include "domain/balances.hpp"
#include "domain/trade.hpp"

#include "compat/sqlite/pool.hpp"
#include "compat/task.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace portfoliod {

/// What one of an asset costs.
struct quote {
  portfolio::decimal price;
  std::chrono::sys_seconds at;
  std::string source;
  bool operator==(const quote&) const = default;
};
using quotes_by_asset = std::map<std::string, quote, std::less<>>;

struct import_counts {
  std::size_t imported = 0;
  std::size_t already_present = 0;
};

/// The tables, and all the SQL there is. Each function is one statement or one transaction: whoever
/// closes the pool after it was called cuts nothing in two.
namespace storage {

using crossfade::sqlite::pool;

/// Makes the tables if there are none. Throws: `crossfade::sqlite::unknown_version` if those that
/// are there are not of this version.
crossfade::task<> prepare(pool& db);

/// Adds the trades whose id is not there yet, and counts them in; all or none. Throws:
/// `std::overflow_error`.
crossfade::task<import_counts> add(pool& db, const std::vector<portfolio::trade>& trades);
crossfade::task<std::size_t> count_trades(pool& db);
crossfade::task<portfolio::by_asset> held(pool& db);

crossfade::task<> set_quotes(pool& db, const quotes_by_asset& quotes);
crossfade::task<quotes_by_asset> quotes(pool& db);

/// "ok", or what SQLite found.
crossfade::task<std::string> check_integrity(pool& db);

}  // namespace storage

}  // namespace portfoliod
