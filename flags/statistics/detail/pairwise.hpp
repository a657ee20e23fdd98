#pragma once

#include <cstdint>
#include <span>

namespace crossfade::statistics::detail {

/// The differences between each value of `b` and each of `a`, both sorted and finite, in order: the
/// one that has `rank` others before it, from 0. They are counted, never written down.
double pairwise_difference(std::span<const double> a, std::span<const double> b,
                           std::uint64_t rank);

}  // namespace crossfade::statistics::detail
