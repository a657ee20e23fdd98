#pragma once

#include <chrono>
#include <cstddef>

#include "compat/clock.hpp"

namespace crossfade::sqlite {

struct connection_options {
  /// How long a statement waits for a lock that another connection holds, before it fails with
  /// SQLITE_BUSY. Other tasks run meanwhile.
  duration busy_timeout = std::chrono::seconds(5);
  /// Readers and the writer do not wait for each other. Kept in the file.
  bool wal = true;
  bool foreign_keys = true;
  bool read_only = false;
  /// How many statements stay compiled, those that were used last; at least one does.
  std::size_t cached_statements = 64;
};

}  // namespace crossfade::sqlite
