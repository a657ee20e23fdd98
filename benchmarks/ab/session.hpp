#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "benchmarks/ab/results.hpp"
#include "benchmarks/ab/verdict.hpp"
#include "benchmarks/ab/workload.hpp"
#include "compat/clock.hpp"
#include "compat/loop.hpp"

namespace crossfade::ab {

/// How to compare.
struct plan {
  std::optional<load> under = {};            ///< instead of each workload's usual one
  duration each = std::chrono::seconds(10);  ///< for each workload, with calibration and warm-up
  duration run = std::chrono::milliseconds(50);      ///< the measured part of a run
  duration warm_up = std::chrono::milliseconds(10);  ///< at the beginning of each run, not measured
  criterion by = {};
  std::optional<figure> decided_by = {};  ///< see `workload_result::decided`
  std::string baseline = "fiber";
  std::string candidate = "coro";
  std::uint64_t seed = 1;   ///< of the order of the runs, and of an open load's times
  loop_options loops = {};  ///< of each run's; under virtual time all that is measured is exact
};

/// How far a session has come.
struct progress {
  std::string_view workload;
  std::size_t number;     ///< of the workload, from 1
  std::size_t workloads;  ///< that there are
  phase in;
  std::size_t run;   ///< from 1, in this phase
  std::size_t runs;  ///< that are planned for it
};

/// Runs workloads on both backends, interleaved, and judges them.
///
/// For each workload: pairs of runs in random order, the first pair unjudged, baseline against
/// baseline for a quarter of the time, then baseline against candidate. How many pairs there are is
/// settled before the first of them is judged: as many as should tell any difference, going by how
/// far apart the calibration's bounds are, but ten at least, and no more than the time allows.
/// Nothing is decided by looking on the way. Where the time is too short for bounds to follow at
/// all, it takes the few runs longer that they need. Each run has a loop, both backends and a
/// workload of its own, so that nothing is handed from one to the next.
///
/// A figure that is 0 in some runs is judged as if it were half of the least that it is in any
/// other. In a program that runs a session operator new is replaced, to count allocations. Threads:
/// the caller's, on which no loop may run. Throws: `std::invalid_argument` for a plan that cannot
/// be; `std::runtime_error` that names the workload and the backend, with the exception nested, if
/// making a workload, its `set_up` or `tear_down` fails.
class session {
 public:
  explicit session(plan how, std::function<void(const progress&)> on_progress = {});

  session_result run(const std::vector<const registered_workload*>& workloads);

 private:
  plan plan_;
  std::function<void(const progress&)> on_progress_;
};

}  // namespace crossfade::ab
