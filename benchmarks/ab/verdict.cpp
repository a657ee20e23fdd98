#include "benchmarks/ab/verdict.hpp"

#include "flags/statistics/planning.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace crossfade::ab {
namespace {

statistics::interval logarithms(const statistics::interval& of) {
  return {std::log(of.low), std::log(of.estimate), std::log(of.high)};
}

outcome outcome_of(const statistics::interval& ratio, double effect) {
  // As far to one side as to the other: who swaps the sides gets the same answer. A difference of
  // just the effect matters, also where logarithms have rounded it down.
  const double within = (1 + effect) * (1 - 1e-9);
  if (ratio.high < within && ratio.low > 1 / within) return outcome::same;
  if (ratio.high < 1) return outcome::better;
  if (ratio.low > 1) return outcome::worse;
  return outcome::inconclusive;
}

}  // namespace

verdict judge(std::span<const double> baseline, std::span<const double> candidate,
              const criterion& by) {
  if (!(by.effect > 0 && std::isfinite(by.effect))) {
    throw std::invalid_argument("an effect of " + std::to_string(by.effect) +
                                "; expected one above 0");
  }
  verdict found;
  found.ratio = statistics::ratio(baseline, candidate, by.confidence);
  const statistics::rank_test test = statistics::mann_whitney(baseline, candidate);
  found.p = std::min(1.0, 2 * std::min(test.p_larger, test.p_smaller));
  found.runs = std::min(baseline.size(), candidate.size());
  found.kind = outcome_of(found.ratio, by.effect);
  if (found.kind == outcome::inconclusive) {
    found.more_runs = statistics::more_values(logarithms(found.ratio), found.runs,
                                              std::log1p(by.effect), by.confidence);
  }
  return found;
}

verdict judge_more_is_better(std::span<const double> baseline, std::span<const double> candidate,
                             const criterion& by) {
  verdict found = judge(baseline, candidate, by);
  if (found.kind == outcome::better) {
    found.kind = outcome::worse;
  } else if (found.kind == outcome::worse) {
    found.kind = outcome::better;
  }
  return found;
}

std::string_view to_string(outcome kind) noexcept {
  switch (kind) {
    case outcome::better:
      return "better";
    case outcome::worse:
      return "worse";
    case outcome::same:
      return "same";
    case outcome::inconclusive:
      return "inconclusive";
  }
  return {};
}

}  // namespace crossfade::ab
