#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/ab/latency_histogram.hpp"
#include "benchmarks/ab/verdict.hpp"
#include "benchmarks/ab/workload.hpp"
#include "compat/clock.hpp"

// What a session has found: plain data, which the reports show and files keep.

namespace crossfade::ab {

/// What a run is there for.
enum class phase {
  calibration,  ///< baseline against baseline: how alike are equals here?
  comparison,
};

enum class side { baseline, candidate };

/// One run: a side's operations of one stretch of time.
struct run_record {
  phase in = phase::comparison;
  /// In the calibration both are the baseline's backend.
  side of = side::baseline;
  duration began{};              ///< since the workload's first run
  duration took{};               ///< the measured part
  std::uint64_t operations = 0;  ///< that ended in it, failed ones included
  std::uint64_t failed = 0;
  duration cpu{};                      ///< of all threads of the process
  std::uint64_t allocations = 0;       ///< calls of operator new, of all threads
  std::uint64_t resident_bytes = 0;    ///< at its end
  std::uint64_t context_switches = 0;  ///< of the process, of its own will and not
  duration loop_delay_p99{};           ///< how late a timer of every millisecond was
  duration loop_delay_max{};
  duration latency_p50{};
  duration latency_p99{};
  duration latency_max{};
  /// What an open load has asked for and not begun or ended when time was over; these are in the
  /// latencies with the time they had waited until then.
  std::uint64_t unfinished = 0;
};

/// A figure of which each run has one value; of all of them less is better.
enum class figure {
  time,  ///< per thing: what a run took, by its operations; for a closed load
  latency_p50,
  latency_p99,
  cpu,               ///< per thing
  allocations,       ///< per thing
  resident,          ///< bytes at the end of a run
  context_switches,  ///< per thing
  loop_delay_p99,
};

/// All of them, in the order in which they are shown.
std::vector<figure> all_figures();
std::string_view to_string(figure of) noexcept;  ///< "time", "latency p50", ...
std::string_view unit(figure of) noexcept;       ///< "ns", "bytes", ""; of what `value` gives
/// Unset where the run has none: nothing had ended.
std::optional<double> value(const run_record& of, figure what, std::size_t things);

/// What was compared by one figure.
struct comparison {
  figure by = figure::time;
  double baseline = 0;   ///< the median of its runs
  double candidate = 0;  ///< likewise
  verdict found;
};

/// What one workload's runs say.
struct workload_result {
  std::string name;
  std::string description;
  std::string thing;
  std::size_t things = 1;
  load under;
  std::vector<run_record> runs;  ///< in the order in which they were made
  /// Of the comparison's runs, warm-up left out.
  latency_histogram baseline_latency;
  latency_histogram candidate_latency;
  /// Baseline against baseline, by the deciding figure.
  verdict calibration;
  /// The deciding figure's: that of `time` for a closed load, of `latency_p50` for an open one,
  /// unless another was asked for. Inconclusive if the calibration tells equals apart.
  comparison decided;
  std::vector<comparison> figures;  ///< all that both sides have, the deciding one too
  std::string note;  ///< what a reader has to know: that the calibration failed, operations failed
};

/// Where a session ran. Two of them can be compared if these are alike.
struct environment {
  std::string cpu;    ///< the model
  unsigned cpus = 0;  ///< that the process may use
  std::uint64_t memory_bytes = 0;
  std::string kernel;    ///< "Linux 6.1.0"
  std::string compiler;  ///< "g++ 12.2.0"
  std::string build;     ///< "release", "debug", with the sanitizers
  std::string version;   ///< of Crossfade
  std::string boost;
  std::string host;  ///< a hash of the machine's id: to tell machines apart, not to name them

  bool operator==(const environment&) const = default;
};

environment this_environment();
/// What differs and matters, for a person: "cpu is ...; was ..."; empty if nothing does.
std::vector<std::string> differences(const environment& before, const environment& now);

/// A session: everything that a report shows.
struct session_result {
  environment where;
  std::string began;               ///< ISO 8601, UTC
  std::string baseline = "fiber";  ///< the name of the backend
  std::string candidate = "coro";
  criterion by;
  std::uint64_t seed = 0;
  std::vector<workload_result> workloads;
  /// What a reader has to know of all of it: that it was ended early, what has become of each side
  /// since an earlier session.
  std::vector<std::string> notes;
};

}  // namespace crossfade::ab
