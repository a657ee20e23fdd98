#include "portfoliod/storage.hpp"

#include "compat/sqlite/migrations.hpp"

#include <array>
#include <cstdint>

namespace portfoliod::storage {

using crossfade::task;
using crossfade::sqlite::connection;
using crossfade::sqlite::migration;
using crossfade::sqlite::row;
using crossfade::sqlite::statement;
using crossfade::sqlite::with_transaction;
using portfolio::by_asset;
using portfolio::decimal;
using portfolio::trade;

namespace {

// Decimals are their units, times are milliseconds (of trades) or seconds (of quotes) since 1970.
constexpr const char* schema = R"(
  CREATE TABLE trades (
    id TEXT PRIMARY KEY, time INTEGER NOT NULL, location TEXT NOT NULL, kind TEXT NOT NULL,
    asset TEXT NOT NULL, amount INTEGER NOT NULL, quote TEXT NOT NULL, cost INTEGER NOT NULL,
    fee INTEGER NOT NULL, fee_asset TEXT NOT NULL, note TEXT NOT NULL
  ) WITHOUT ROWID;
  -- What the trades add up to; written in the transaction that adds them.
  CREATE TABLE holdings (asset TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE quotes (
    asset TEXT PRIMARY KEY, price INTEGER NOT NULL, at INTEGER NOT NULL, source TEXT NOT NULL
  ) WITHOUT ROWID;
)";

}  // namespace

task<> prepare(pool& db) {
  const auto make = [](connection& writer) -> task<> { co_await writer.execute_script(schema); };
  const std::array<migration, 1> steps{make};
  co_await migrate(db, steps);
}

task<import_counts> add(pool& db, const std::vector<trade>& trades) {
  auto add_all = [&](connection& writer) -> task<import_counts> {
    by_asset sums = co_await held(db);
    statement insert = co_await writer.prepare(
        "INSERT OR IGNORE INTO trades (id, time, location, kind, asset, amount, quote, cost, fee,"
        " fee_asset, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    import_counts counts;
    for (const trade& t : trades) {
      const auto done = co_await insert.execute(
          t.id, t.time.time_since_epoch().count(), t.location, to_string(t.kind), t.asset,
          t.amount.units(), t.quote, t.cost.units(), t.fee.units(), t.fee_asset, t.note);
      if (done.rows_changed == 0) {
        ++counts.already_present;
        continue;
      }
      ++counts.imported;
      count_in(t, sums);
    }
    statement set = co_await writer.prepare(
        "INSERT INTO holdings (asset, amount) VALUES (?, ?)"
        " ON CONFLICT (asset) DO UPDATE SET amount = excluded.amount");
    for (const auto& [asset, amount] : sums) co_await set.execute(asset, amount.units());
    co_return counts;
  };
  co_return co_await with_transaction(db, add_all);
}

task<std::size_t> count_trades(pool& db) {
  co_return (co_await db.query("SELECT count(*) FROM trades")).at(0).get<std::size_t>(0);
}

task<by_asset> held(pool& db) {
  by_asset sums;
  for (const row& r : co_await db.query("SELECT asset, amount FROM holdings")) {
    sums.emplace(r.get<std::string>(0), decimal::of_units(r.get<std::int64_t>(1)));
  }
  co_return sums;
}

task<> set_quotes(pool& db, const quotes_by_asset& quotes) {
  auto set_all = [&](connection& writer) -> task<> {
    statement set = co_await writer.prepare(
        "INSERT INTO quotes (asset, price, at, source) VALUES (?, ?, ?, ?) ON CONFLICT (asset)"
        " DO UPDATE SET price = excluded.price, at = excluded.at, source = excluded.source");
    for (const auto& [asset, q] : quotes) {
      co_await set.execute(asset, q.price.units(), q.at.time_since_epoch().count(), q.source);
    }
  };
  co_await with_transaction(db, set_all);
}

task<quotes_by_asset> quotes(pool& db) {
  quotes_by_asset found;
  for (const row& r : co_await db.query("SELECT asset, price, at, source FROM quotes")) {
    const std::chrono::sys_seconds at{std::chrono::seconds(r.get<std::int64_t>(2))};
    found.emplace(r.get<std::string>(0),
                  quote{decimal::of_units(r.get<std::int64_t>(1)), at, r.get<std::string>(3)});
  }
  co_return found;
}

task<std::string> check_integrity(pool& db) {
  co_return (co_await db.query("PRAGMA integrity_check(1)")).at(0).get<std::string>(0);
}

}  // namespace portfoliod::storage
