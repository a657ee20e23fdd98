#pragma once

#include <memory>

#include "compat/sqlite/driver.hpp"

namespace crossfade::coro_backend {

/// Runs the statements of each connection on a thread of its own; the task waits, the loop does
/// not.
///
/// The thread is started by the first statement and joined at close. A cancelled task has its
/// statement interrupted and leaves when the thread is done with it. Source: aiosqlite. Differs:
/// cancelling stops the statement.
class sqlite_driver final : public sqlite::driver {
 public:
  sqlite_driver() noexcept : driver("coro") {}
  std::unique_ptr<sqlite::detail::executor> make_executor() const override;
};

}  // namespace crossfade::coro_backend
