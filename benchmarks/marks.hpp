#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crossfade::benchmarks {

/// How fast something of ours is meant to be, measured against a limit in the same run.
struct mark {
  std::string_view text;
  std::string_view measured;  // a row
  double times;               // of the limit, at most
  std::string_view limit;     // a row; empty: there is none
  double plus = 0;            // ns, on top
};

/// All marks, in the order of the report.
const std::vector<mark>& marks();
/// The same as a list of objects whose keys are the members' names.
std::string marks_as_json();

}  // namespace crossfade::benchmarks
