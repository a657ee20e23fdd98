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

namespace crossfade::ab {

/// How to compare.
struct plan {
  std::optional<load> under = {};            ///< instead of each workload's usual one
  duration each = std::chrono::seconds(10);  ///< for each workload, with calibration and warm-up
  duration run = std::chrono::milliseconds(50);      ///< the measured part of a run
  duration warm_up = std::chrono::milliseconds(10);  ///< at the beginning of each run, not measured
  criterion by;
  std::optional<figure> decided_by = {};  ///< see `workload_result::decided`
  std::string baseline = "fiber";
  std::string candidate = "coro";
  std::uint64_t seed = 1;  ///< of the order of the runs, and of an open load's times
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
/// settled before the first of them is judged; nothing is decided by looking on the way. Each run
/// has a loop, both backends and a workload of its own, so that nothing is handed from one to the
/// next. Threads: the caller's, on which no loop may run. Throws: what making a workload or its
/// `set_up` throws; `std::invalid_argument` for a plan that cannot be.
class session {
 public:
  explicit session(plan how, std::function<void(const progress&)> on_progress = {});

  session_result run(const std::vector<const registered_workload*>& workloads);

 private:
  plan plan_;
  std::function<void(const progress&)> on_progress_;
};

}  // namespace crossfade::ab
