#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/ab/latency_histogram.hpp"
#include "benchmarks/ab/results.hpp"
#include "benchmarks/ab/workload.hpp"
#include "compat/clock.hpp"
#include "compat/loop.hpp"
#include "compat/task.hpp"

namespace crossfade::ab::detail {

/// What is asked of a workload in one run.
struct run_plan {
  load under;
  duration warm_up{};
  duration length{};       ///< of the measured part
  std::uint64_t seed = 1;  ///< of an open load's times
  /// How long operations may go on when time is over; then they are cancelled.
  duration grace = std::chrono::seconds(1);
};

/// What came of it.
struct run_outcome {
  run_record record;  ///< all but what is the session's: `in`, `of` and `began`
  latency_histogram latencies;
  std::string first_error;  ///< of an operation that failed; empty if none did
};

/// When operations of an open load begin, from its beginning: a Poisson process.
std::vector<duration> arrivals(double rate, duration length, std::uint64_t seed);

/// Has a workload, which is set up, do its operations: for the warm-up, and then for what is
/// measured.
///
/// A closed load's measured part begins when the warm-up's last operation has ended, with all
/// workers at once; no worker begins an operation when the time is over, and the part ends when the
/// last operation has. So what it uses up is exactly its operations'. Between operations a worker
/// gives others a turn, if it has kept the loop for long.
///
/// An open load's operations begin in tasks of their own, and their latencies count from when they
/// were due: who waits because those before were slow has waited all the same. The measured part's
/// are those that are due in it. It ends when its time is over; what is still due or going on is
/// `unfinished`, and its wait until then is among the latencies.
///
/// Under a virtual clock operations have to wait for some time: it would stand still for ever.
/// Cancellation: cancels the operations, then `cancelled` is thrown. Threads: the loop's only, in
/// one of its tasks, on whose backend the operations run.
task<> generate_load(loop& on, workload& of, const run_plan& how, run_outcome& into);

}  // namespace crossfade::ab::detail
