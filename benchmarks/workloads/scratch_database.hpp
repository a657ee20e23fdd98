#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "benchmarks/workloads/scratch_folder.hpp"
#include "compat/backend.hpp"
#include "compat/sqlite/pool.hpp"
#include "compat/task.hpp"

namespace crossfade::workloads {

/// A database file in a folder of its own, on the driver of one side. It waits for no disk: that is
/// the same on both, and not what is compared.
///
/// Lifetime: goes when nothing uses its pool.
class scratch_database {
 public:
  /// `script` makes the tables and their rows. Throws: `std::system_error`; `sqlite::error`.
  static task<std::unique_ptr<scratch_database>> open(const backend& side, std::size_t readers,
                                                      std::string_view script);

  sqlite::pool& pool() const noexcept { return *pool_; }

 private:
  scratch_database() = default;

  const scratch_folder folder_;
  std::unique_ptr<sqlite::pool> pool_;  // last: closes its files before they go
};

}  // namespace crossfade::workloads
