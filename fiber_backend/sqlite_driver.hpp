#pragma once

#include <chrono>
#include <memory>

#include "compat/clock.hpp"
#include "compat/sqlite/driver.hpp"

namespace crossfade::fiber_backend {

struct sqlite_options {
  /// SQLite's virtual machine runs so many instructions between two looks at the clock. 0: never
  /// looks, so a statement keeps the loop until it ends, and is not interrupted.
  int instructions = 1000;
  /// How long a task may run statements before others get their turn.
  duration slice = std::chrono::microseconds(50);
};

/// Runs statements on the loop's thread, each on a stack, and lets other tasks run in the middle of
/// it: in SQLite's progress handler, whenever the slice is used up.
///
/// No thread, and no hop to one. What SQLite does in a single instruction keeps the loop: reading
/// from the disk, or committing. Tasks without a stack of their own are lent one for the statement,
/// so the loop has a `fiber_backend::backend`. Source: the progress handler that gevent's users
/// write. Differs: nobody else gets at the connection while the statement stands.
class sqlite_driver final : public sqlite::driver {
 public:
  explicit sqlite_driver(sqlite_options options = {}) noexcept
      : driver("fiber"), options_(options) {}
  std::unique_ptr<sqlite::detail::executor> make_executor() const override;

 private:
  sqlite_options options_;
};

}  // namespace crossfade::fiber_backend
