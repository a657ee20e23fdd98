#pragma once

#include <vector>

#include "benchmarks/ab/results.hpp"

namespace crossfade::ab::detail {

/// A figure of each of a side's runs in that phase, where the run has one.
std::vector<double> values_of(const workload_result& of, phase in, side wanted, figure what);

/// The one in the middle, or the mean of the two there; of one value at least.
double median(std::vector<double> values);

}  // namespace crossfade::ab::detail
