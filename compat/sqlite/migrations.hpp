#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "compat/sqlite/connection.hpp"
#include "compat/sqlite/pool.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

/// A step from one version of a schema to the next: a function of a connection, of either text.
class migration {
 public:
  template <class F>
    requires(!std::same_as<F, migration> &&
             std::is_void_v<crossfade::detail::result_of<F, connection&>>)
  migration(F f) {  // NOLINT(google-explicit-constructor): steps are listed as functions
    if constexpr (crossfade::detail::is_coroutine_text<F, connection&>) {
      run_ = std::move(f);
    } else {
      run_ = [f = std::move(f)](connection& db) mutable -> task<> {
        std::invoke(f, db);
        co_return;
      };
    }
  }

  task<> run(connection& on) const { return run_(on); }

 private:
  std::function<task<>(connection&)> run_;
};

/// The database has a version that the steps do not lead to: a newer program has made it, or
/// another. Nothing was changed.
class unknown_version : public std::runtime_error {
 public:
  unknown_version(const std::string& database, std::int64_t found, std::size_t newest);

  std::int64_t found() const noexcept { return found_; }
  /// The version after the last step.
  std::size_t newest() const noexcept { return newest_; }

 private:
  std::int64_t found_;
  std::size_t newest_;
};

/// Brings the schema to the newest version and gives the number of steps it ran: `steps[i]` leads
/// from version i, which the file keeps as its user_version, to i + 1.
///
/// Each step is one transaction with its version: one that throws leaves the last whole version,
/// and what it threw is thrown. Of several programs that migrate a file at once each step is run by
/// one. Inside of this task's transaction the steps are savepoints of it. A transaction cannot turn
/// foreign_keys off: a step that needs it uses PRAGMA defer_foreign_keys. Order: others may write
/// between two steps. Cancellation: as a transaction's, at the last whole version. Lifetime:
/// `steps` are used where they stand. Throws: `unknown_version`; what a step throws; `error`.
/// Source: rotki's upgrades, Room's migrations. Differs: the version is SQLite's own, PRAGMA
/// user_version; there is no way back.
task<std::size_t> migrate(connection& db, std::span<const migration> steps);
/// With the connection that writes.
task<std::size_t> migrate(pool& db, std::span<const migration> steps);

}  // namespace crossfade::sqlite
