#pragma once

#include "portfoliod/storage.hpp"

#include "compat/lock.hpp"
#include "compat/sqlite/driver.hpp"
#include "compat/subsystem.hpp"
#include "coro_backend/sqlite_driver.hpp"
#include "fiber_backend/sqlite_driver.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portfoliod {

/// The subsystem "database": its tasks and the one connection they share, whose driver is of the
/// same backend.
///
/// Each call is answered by a root task of its own. When the flag has changed, `follow_flag` moves
/// new work to a connection of the other driver, and lets what has begun end on the old one: no
/// call is lost, done twice or split. Cancellation: cancels the call's task. Threads: the loop's
/// only. Lifetime: outlives its tasks.
class database {
 public:
  database(crossfade::loop& loop, crossfade::subsystem& system, std::string file);

  /// Comes before all else. Throws: `crossfade::sqlite::error`; as `storage::prepare`.
  crossfade::task<> open();
  /// Has the flag looked at, by a task of its own.
  void follow_flag();
  /// Checks the file and closes it; later calls get `crossfade::sqlite::connection_closed`.
  crossfade::task<> close();

  crossfade::task<import_counts> add(std::vector<portfolio::trade> trades);
  crossfade::task<std::size_t> count_trades();
  crossfade::task<portfolio::by_asset> held();
  crossfade::task<> set_quotes(quotes_by_asset quotes);
  crossfade::task<quotes_by_asset> quotes();

  const std::string& file() const noexcept { return file_; }
  /// The name of the driver that new work goes to.
  std::string_view driver() const noexcept { return driver_->name(); }

 private:
  using connection = crossfade::sqlite::connection;

  template <class F, class... A>
  auto spawn(std::string_view name, F work, A... arguments);
  const crossfade::sqlite::driver& chosen_driver() const;
  crossfade::task<std::shared_ptr<connection>> connect(const crossfade::sqlite::driver& driver);
  crossfade::task<> switch_driver();
  crossfade::task<> drain(connection& old, std::string_view driver);

  const std::string file_;
  crossfade::loop& loop_;
  crossfade::subsystem& system_;
  const crossfade::fiber_backend::sqlite_driver fiber_;
  const crossfade::coro_backend::sqlite_driver coro_;

  crossfade::lock switching_;  // held to exchange the connection
  const crossfade::sqlite::driver* driver_ = &fiber_;
  std::shared_ptr<connection> connection_;  // shared with the tasks that use it
  bool closing_ = false;
};

}  // namespace portfoliod
