#pragma once

#include <cstddef>
#include <span>

namespace crossfade::statistics {

/// An estimate, and where the truth is with the confidence that was asked for.
struct interval {
  double low;
  double estimate;
  double high;

  bool operator==(const interval&) const = default;
};

/// How many of so many.
struct count {
  std::size_t hits;
  std::size_t of;

  double share() const noexcept {
    return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of);
  }
};

/// How much larger the values of `b` are than those of `a`: the median of all differences between
/// one of `b` and one of `a` (Hodges and Lehmann), and the values of the shift that the
/// Mann-Whitney test, corrected for ties, does not reject.
///
/// Nothing is assumed of how the values are distributed, and outliers weigh no more than others.
/// The bounds are the normal approximation's, right from some eight values a side on; with fewer,
/// or where no bound follows at that confidence, they are infinite. Time: n log n.
/// Throws: `std::invalid_argument` if a side is empty, a value is not finite, or `confidence` is
/// not between 0 and 1.
interval shift(std::span<const double> a, std::span<const double> b, double confidence);

/// How many times larger the values of `b` are: `shift` of the logarithms. An estimate of 1.1 says
/// that one of `b` is typically 10 % above one of `a`.
/// Throws: as `shift`; also if a value is not more than 0.
interval ratio(std::span<const double> a, std::span<const double> b, double confidence);

/// The Mann-Whitney test.
struct rank_test {
  double u;          ///< pairs in which the one of `b` is larger; a tie counts one half
  double p_larger;   ///< of such a `u` or a larger one, if `a` and `b` are the same
  double p_smaller;  ///< of such a `u` or a smaller one
};

/// Whether the values of `b` tend to be larger, or smaller, than those of `a`. The normal
/// approximation, corrected for ties and continuity. Throws: as `shift`.
rank_test mann_whitney(std::span<const double> a, std::span<const double> b);

/// How much larger the share of `b` is than that of `a`: the difference of the two, with the bounds
/// that Newcombe makes of each share's Wilson interval; right for shares of none and of all too.
/// Throws: `std::invalid_argument` if a count is of nothing, or `confidence` not between 0 and 1.
interval share_difference(count a, count b, double confidence);

}  // namespace crossfade::statistics
