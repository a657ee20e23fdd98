#include "benchmarks/ab/detail/run_values.hpp"

#include <algorithm>
#include <cstddef>

namespace crossfade::ab::detail {

std::vector<double> values_of(const workload_result& of, phase in, side wanted, figure what) {
  std::vector<double> found;
  for (const run_record& run : of.runs) {
    if (run.in != in || run.of != wanted) continue;
    if (const auto one = value(run, what, of.things)) found.push_back(*one);
  }
  return found;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace crossfade::ab::detail
