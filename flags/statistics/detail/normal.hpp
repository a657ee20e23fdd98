#pragma once

namespace crossfade::statistics::detail {

/// How many deviations from the middle the normal distribution has this share in between, to both
/// sides. Throws: `std::invalid_argument` if `confidence` is not between 0 and 1.
double deviations(double confidence);

/// Which share of the normal distribution lies below so many deviations.
double normal_share_below(double deviations);

}  // namespace crossfade::statistics::detail
