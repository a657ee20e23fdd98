#pragma once

#include <string_view>

#include "benchmarks/ab/results.hpp"
#include "compat/clock.hpp"

// What the words of a command line mean. All throw `std::invalid_argument` that says what is, and
// what was expected.

namespace crossfade::ab {

/// "500ms", "10s", "1.5m", "1h"; more than 0, and at most a day.
duration parse_duration(std::string_view text);
/// "5%" is 0.05. More than 0.
double parse_percentage(std::string_view text);
/// A figure by its name, with - for each blank: "latency-p50".
figure parse_figure(std::string_view text);

}  // namespace crossfade::ab
