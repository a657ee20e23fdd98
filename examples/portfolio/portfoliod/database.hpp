#pragma once

#include "portfoliod/storage.hpp"

#include "compat/shadow.hpp"
#include "compat/subsystem.hpp"
#include "compat/switched.hpp"
#include "coro_backend/sqlite_driver.hpp"
#include "fiber_backend/sqlite_driver.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portfoliod {

/// The subsystem "database": its tasks and the pool they share, whose driver is of the same
/// backend; one for each backend that the flag may name.
///
/// Each call is answered by a root task of its own, on one side of the `switched` pool: the
/// one that the flag names for the account.
/// Cancellation: cancels the call's task. Threads: the loop's only. Lifetime: outlives its tasks.
class database {
 public:
  using pool = crossfade::sqlite::pool;

  /// `wanted`: as `crossfade::switched` takes it.
  database(crossfade::subsystem& system, std::string file,
           crossfade::switched<pool>::wanted_function wanted);

  /// Comes before all else. Throws: `crossfade::sqlite::error`; as `storage::prepare`.
  crossfade::task<> open();
  /// Returns when new work goes where the flag says.
  crossfade::task<> follow_flag() { return pool_.follow(); }
  /// Checks the file and closes it; later calls get `crossfade::usage_error`.
  crossfade::task<> close();

  crossfade::task<import_counts> add(std::vector<portfolio::trade> trades);
  crossfade::task<std::size_t> count_trades();
  crossfade::task<portfolio::by_asset> held();
  crossfade::task<> set_quotes(quotes_by_asset quotes);
  crossfade::task<quotes_by_asset> quotes();

  const std::string& file() const noexcept { return file_; }
  /// The name of the driver that new work goes to.
  std::string_view driver() const { return pool_.chosen().name(); }
  /// The pools there are.
  std::vector<crossfade::side_status> sides() const { return pool_.status(); }
  /// What repeating reads on the other side has shown.
  const crossfade::shadow& repeats() const noexcept { return shadow_; }

 private:
  crossfade::task<std::unique_ptr<pool>> connect(const crossfade::backend& on) const;

  const std::string file_;
  const crossfade::fiber_backend::sqlite_driver fiber_;
  const crossfade::coro_backend::sqlite_driver coro_;
  crossfade::switched<pool> pool_;
  crossfade::shadow shadow_;  // of what only reads
};

}  // namespace portfoliod
