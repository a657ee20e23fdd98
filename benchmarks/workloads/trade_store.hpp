#pragma once

#include <memory>

#include "benchmarks/workloads/scratch_folder.hpp"
#include "compat/backend.hpp"
#include "compat/runtime.hpp"
#include "compat/subsystem.hpp"
#include "compat/task.hpp"
#include "portfoliod/database.hpp"

namespace spdlog {
class logger;
}

namespace crossfade::workloads {

/// While it lives, the reference service logs to standard error, and only what is wrong: standard
/// output is for reports.
class quiet_log {
 public:
  quiet_log();
  ~quiet_log();
  quiet_log(const quiet_log&) = delete;
  quiet_log& operator=(const quiet_log&) = delete;

 private:
  const std::shared_ptr<spdlog::logger> before_;
};

/// The reference service's database, in a folder of its own, on one side.
///
/// Lifetime: `close` has ended before it goes, if `open` has. Closing what is not open does
/// nothing.
class trade_store {
 public:
  explicit trade_store(backend& side) : runtime_(side.owner(), {side}) {}

  task<> open();
  task<> close();

  /// Where subsystems run on this side: it knows no other.
  crossfade::runtime& runtime() noexcept { return runtime_; }
  subsystem& system() noexcept { return system_; }
  portfoliod::database& database() noexcept { return database_; }

 private:
  const quiet_log log_;
  const scratch_folder folder_;
  crossfade::runtime runtime_;
  subsystem system_{runtime_, "database"};
  portfoliod::database database_{system_, folder_.file("portfolio.db"), {}};
  bool is_open_ = false;
};

}  // namespace crossfade::workloads
