#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "benchmarks/ab/results.hpp"

// How the reports say what was found, in words and in numbers that a person reads.

namespace crossfade::ab::detail {

/// With so many digits behind the point, whatever the locale.
std::string fixed(double number, int decimals);
/// With three significant digits: "1.20", "12.3", "12300".
std::string rounded(double number);
/// As short as it is exact enough for an axis: "0.5", "20", "1000".
std::string plain(double number);

/// What a number is given in, so that it is between 1 and 1000 where there is such a unit.
struct scaled {
  double number;
  std::string_view unit;  ///< "us", "MiB", "k"; empty for the number itself
};
scaled scale_ns(double ns);
scaled scale_bytes(double count);
scaled scale_count(double count);
/// In the figure's unit.
scaled scale(double value, figure of);

std::string nanoseconds(double ns);    ///< "1.20 us"
std::string bytes(double count);       ///< "12.3 MiB"
std::string count(double number);      ///< "1.20 M"
std::string per_second(double count);  ///< "1.20 M/s"
/// A value of the figure.
std::string quantity(double value, figure of);

/// "closed, 4 workers", "open, 2.00 k/s".
std::string to_text(const load& under);
/// What is measured, as the head of a column: "time per spawn", "latency p50".
std::string measured(figure what, std::string_view thing);

/// "+3.2 % [+1.1, +5.0]", "2.41x [2.30, 2.52]"; "-" if nothing was compared, no bounds if there
/// are none.
std::string change(const verdict& found);
/// "-5", "+20" per cent, "4x": as `change` says a ratio, without bounds.
std::string change(double ratio);

/// Which backend has won: the better one's name, empty if none has.
std::string_view winner(const session_result& of, const verdict& found) noexcept;

/// One sentence: who is how much better, or what to do to find out.
std::string sentence(const session_result& session, const workload_result& of);
/// The other figures that differ, shortly: "better: cpu per spawn -24.0 %; worse: ...";
/// empty if none does.
std::string besides(const workload_result& of);
/// "coro is better in 2 workloads, worse in 1, the same in 3; 1 is inconclusive."
std::string tally(const session_result& of);

}  // namespace crossfade::ab::detail
