#pragma once

#include "harness.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::benchmarks {

/// What tasks take that all wait at the same time. Bytes and time are those of one task.
struct footprint {
  std::size_t tasks = 0;
  double resident = 0;  // memory of the process
  double frame = 0;     // of that, the user's own coroutine frame as it is allocated; 0: unknown
  double tables = 0;    // the kernel's page tables, on top
  double time = 0;      // ns of CPU from spawn to wait
};

/// A row of the memory table, or a field of the table of its growth.
struct parking {
  implementation who;
  std::size_t tasks;
  std::size_t at_most;  // resident bytes a task, its frame aside; 0: nothing is promised
  footprint (*park)(std::size_t tasks);
  bool growth = false;

  std::string name() const;
};

/// The rows; then of ours and the limits, one implementation after the other, a field for each of
/// suite::sizes.
const std::vector<parking>& parkings();

/// Registers the rows with Google Benchmark. Each runs once, in a process of its own: memory that
/// an earlier row has left behind would hide what it takes.
void add_memory_rows();

/// What that process does: measures the row and prints the figures. Returns the exit status.
int park(std::string_view row);

/// The names of the figures among a run's counters.
inline constexpr const char* counter_tasks = "tasks";
inline constexpr const char* counter_resident = "resident";
inline constexpr const char* counter_frame = "frame";
inline constexpr const char* counter_tables = "tables";
inline constexpr const char* counter_at_most = "at_most";  // only where there is one

}  // namespace crossfade::benchmarks
