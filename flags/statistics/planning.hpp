#pragma once

#include <cstddef>

#include "flags/statistics/comparison.hpp"

namespace crossfade::statistics {

/// The fewest values of each side from which bounds follow at that confidence; with fewer they are
/// infinite. Throws: `std::invalid_argument` if `confidence` is not between 0 and 1.
std::size_t least_values(double confidence);

/// How many values of each side it takes, of those that gave this interval with `values` of each,
/// until its bounds are no farther than `reach` from the estimate; `least_values` at least, and
/// just that many if the bounds are infinite and say nothing.
///
/// Bounds come closer with the root of the number of values. Throws: `std::invalid_argument` if
/// `confidence` is not between 0 and 1, or `reach` not above 0.
std::size_t values_for(const interval& found, std::size_t values, double reach, double confidence);

/// How many more values of each side it takes until a difference, as `shift` gives it of `values`
/// of each, is told: the bounds do not hold 0, or they both lie within `margin` of it. At least 1.
///
/// So many that it is told in four of five cases, whatever the true difference is that gave this
/// one: the estimate will move, as far as its bounds say, while they come closer with the root of
/// the number of values. Where they are infinite, so many that they are not. Throws:
/// `std::invalid_argument` if `confidence` is not between 0 and 1, or `margin` not above 0.
std::size_t more_values(const interval& difference, std::size_t values, double margin,
                        double confidence);

}  // namespace crossfade::statistics
