#pragma once

#include "benchmarks/ab/results.hpp"

#include <string>

namespace crossfade::ab {

/// How the runs of a made-up workload came out.
struct specimen_workload {
  std::string name;
  double factor = 1;         ///< how much slower the candidate is
  double spread = 0.02;      ///< of a run's time, as a share
  std::size_t runs = 24;     ///< of each side
  double nanoseconds = 800;  ///< that an operation of the baseline takes
  load under = {};
};

/// A workload whose runs are drawn at random, the same at each call, and judged.
workload_result made_up(const specimen_workload& how);

/// A session in which each outcome occurs, under closed and open load.
const session_result& specimen();

/// A session without runs: all of them have failed.
session_result without_runs();

/// A session whose names and notes try to be markup.
session_result hostile();

}  // namespace crossfade::ab
