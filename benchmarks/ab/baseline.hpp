#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "benchmarks/ab/results.hpp"

namespace crossfade::ab {

/// One side of a workload, in an earlier session and in this one.
struct since_baseline {
  std::string workload;
  std::string backend;
  /// By the figure that decides now: its `baseline` is then, its `candidate` now.
  comparison found;
  std::string not_compared;  ///< why; empty: it was

  bool is_worse() const noexcept {
    return not_compared.empty() && found.found.kind == outcome::worse;
  }
  /// "queue_pipeline on fiber is worse than before: time +30.2 % [+25.1, +35.3]"
  std::string text() const;
};

/// What has become of each workload since an earlier session, side by side with itself: fiber then
/// and fiber now, coro then and coro now, by the runs of the comparison and the criterion of now.
///
/// Not compared, and said so, is what is not alike: a workload of only one of the sessions, another
/// load, operations of another size, and one whose calibration told equals apart. The two sessions
/// are two processes, and whatever differs between them, as memory's layout does, is part of what
/// is compared: the effect should be larger than that.
std::vector<since_baseline> compare(const session_result& then, const session_result& now);

/// A table of it, under a line that says since when.
void write_table(std::ostream& to, const session_result& then,
                 const std::vector<since_baseline>& found);

}  // namespace crossfade::ab
