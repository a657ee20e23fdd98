#pragma once

#include <memory>

#include "compat/sqlite/driver.hpp"

namespace crossfade::coro_backend {

/// Runs the statements of each connection on a thread of its own; the task waits, the loop does
/// not.
///
/// Statements outside of transactions queue up for the thread, and queries that are there together
/// see one state of the database: as it was when the first of them began, with all that had been
/// committed when the last was asked. Thread and loop look for each other's answer for a while, up
/// to 200 us, before they sleep. The thread is started by the first statement and joined at close.
/// A cancelled task leaves the queue; where its statement runs, that is interrupted and the task
/// leaves when the thread is done with it. Source: aiosqlite. Differs: cancelling stops the
/// statement; reads share a snapshot.
class sqlite_driver final : public sqlite::driver {
 public:
  sqlite_driver() noexcept : driver("coro") {}
  std::unique_ptr<sqlite::detail::executor> make_executor() const override;
};

}  // namespace crossfade::coro_backend
