#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "flags/statistics/comparison.hpp"

namespace crossfade::ab {

/// What is to be told apart, and how surely.
struct criterion {
  double effect = 0.05;      ///< the smallest difference that matters: 0.05 is 5 %
  double confidence = 0.95;  ///< of the bounds; 1 - this is how often equals may be told apart
};

/// What the candidate is, against the baseline.
enum class outcome {
  better,
  worse,
  same,          ///< if there is a difference, it is smaller than what matters
  inconclusive,  ///< the runs do not tell
};

struct verdict {
  outcome kind = outcome::inconclusive;
  /// How many times the baseline's figure the candidate's is.
  statistics::interval ratio = {};
  double p = 1;          ///< of such a difference or a larger one between equals, two-sided
  std::size_t runs = 0;  ///< of each side; of the side with fewer, if they differ
  /// How many more of each side would tell, as far as these runs say; 0 if they do.
  std::size_t more_runs = 0;
};

/// Compares a figure of which less is better, one value for each run: the Mann-Whitney test, and
/// the ratio of Hodges and Lehmann with its bounds.
///
/// Same if both bounds are within the effect, to either side; else better or worse if the bounds do
/// not hold 1; else inconclusive. So a difference is told only where the test rejects equality, and
/// equals are told apart no more often than 1 - confidence. Throws: `std::invalid_argument` if a
/// side is empty, a value not above 0, or the criterion out of its range.
verdict judge(std::span<const double> baseline, std::span<const double> candidate,
              const criterion& by = {});

/// The same of a figure of which more is better.
verdict judge_more_is_better(std::span<const double> baseline, std::span<const double> candidate,
                             const criterion& by = {});

std::string_view to_string(outcome kind) noexcept;  ///< "better", ...

}  // namespace crossfade::ab
