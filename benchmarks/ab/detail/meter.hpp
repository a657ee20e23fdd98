#pragma once

#include <cstdint>

#include "benchmarks/ab/latency_histogram.hpp"
#include "benchmarks/ab/results.hpp"
#include "compat/clock.hpp"
#include "compat/detail/timer_queue.hpp"
#include "compat/loop.hpp"

namespace crossfade::ab::detail {

/// What the process has used up so far.
struct usage {
  duration cpu{};
  std::uint64_t allocations = 0;
  std::uint64_t context_switches = 0;

  static usage now();
};

/// Bytes of the process that are in memory.
std::uint64_t resident_bytes();

/// How late a timer of every millisecond is, on a loop that runs.
///
/// A timer of the loop's and no task: it is the same for either backend. Times that it misses
/// because the loop is busy count as well, each by how late it is. Threads: the loop's only.
/// Lifetime: the loop outlives it.
class loop_delay : private crossfade::detail::timer {
 public:
  explicit loop_delay(loop& owner);
  ~loop_delay();
  loop_delay(const loop_delay&) = delete;
  loop_delay& operator=(const loop_delay&) = delete;

  const latency_histogram& delays() const noexcept { return delays_; }

 private:
  static void tick(crossfade::detail::timer& self) noexcept;

  loop& owner_;
  latency_histogram delays_;
};

/// What the measured part of one run uses up, from when it is made. Threads: the loop's only.
/// Lifetime: the loop outlives it.
class meter {
 public:
  explicit meter(loop& owner);
  /// Writes all but the latencies and the operations.
  void stop(run_record& into) const;

 private:
  loop& owner_;
  loop_delay delay_;
  time_point began_;
  usage before_;
};

}  // namespace crossfade::ab::detail
