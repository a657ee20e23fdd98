#include "flags/statistics/detail/normal.hpp"

#include <boost/math/distributions/complement.hpp>
#include <boost/math/distributions/normal.hpp>

#include <stdexcept>
#include <string>

namespace crossfade::statistics::detail {

double deviations(double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    throw std::invalid_argument("a confidence of " + std::to_string(confidence) +
                                "; expected one between 0 and 1");
  }
  return boost::math::quantile(
      boost::math::complement(boost::math::normal(), (1 - confidence) / 2));
}

double normal_share_below(double deviations) {
  return boost::math::cdf(boost::math::normal(), deviations);
}

}  // namespace crossfade::statistics::detail
