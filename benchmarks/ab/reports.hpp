#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "benchmarks/ab/results.hpp"

namespace crossfade::ab {

/// A table that a person reads at a glance: for each workload who won, by how much and how sure.
void write_table(std::ostream& to, const session_result& of);

/// Everything, raw samples and environment included; `read_json` gives it back.
void write_json(std::ostream& to, const session_result& of);
/// Throws: `std::invalid_argument` that says where in `name` what is, and what was expected.
session_result read_json(std::string_view text, std::string_view name);

/// One page that needs nothing else: verdicts, and for each workload the latencies as distribution
/// and histogram, and the runs over time, as SVG.
void write_html(std::ostream& to, const session_result& of);

}  // namespace crossfade::ab
