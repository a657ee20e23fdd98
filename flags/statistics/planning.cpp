#include "flags/statistics/planning.hpp"

#include "flags/statistics/detail/normal.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace crossfade::statistics {
namespace {

constexpr double wanted_chance = 0.8;
// Of values, where so few are needed that the sum of what was asked for still fits.
constexpr double beyond_reach = 1e15;

void require_above_none(double length, const char* what) {
  if (length > 0) return;
  throw std::invalid_argument(std::string("a ") + what + " of " + std::to_string(length) +
                              "; expected one above 0");
}

double half_width(const interval& of) { return (of.high - of.low) / 2; }

/// What has been seen of a difference, and what is to be told of it.
struct prospect {
  double estimate;
  double reach;  // from the estimate to its bounds, now
  double deviations;
  double margin;

  /// How probable it is that it will be told with `times` as many values.
  double chance(double times) const {
    const double later = reach / std::sqrt(times);
    // How far the estimate is from where it will be then.
    const double moves = reach / deviations * std::sqrt(1 - 1 / times);
    const auto between = [&](double low, double high) {
      const auto below = [&](double x) {
        return detail::normal_share_below((x - estimate) / moves);
      };
      return high <= low ? 0 : below(high) - below(low);
    };
    const double near = std::max(0.0, margin - later);  // estimates up to there are within
    return 1 - between(-later, -near) - between(near, later);
  }
};

}  // namespace

std::size_t least_values(double confidence) {
  const double z = detail::deviations(confidence);
  std::size_t values = 1;
  while (true) {
    const auto n = static_cast<double>(values);
    if (n * n / 2 - z * std::sqrt(n * n * (2 * n + 1) / 12) >= 1) return values;
    ++values;
  }
}

std::size_t values_for(const interval& found, std::size_t values, double reach, double confidence) {
  require_above_none(reach, "reach");
  const std::size_t least = least_values(confidence);
  const double now = half_width(found);
  if (!std::isfinite(now)) return least;
  const double wanted = static_cast<double>(values) * (now / reach) * (now / reach);
  return std::max(least, static_cast<std::size_t>(std::ceil(std::min(wanted, beyond_reach))));
}

std::size_t more_values(const interval& difference, std::size_t values, double margin,
                        double confidence) {
  require_above_none(margin, "margin");
  const std::size_t least = least_values(confidence);
  const double reach = half_width(difference);
  if (!std::isfinite(reach)) return values < least ? least - values : 1;
  const auto have = static_cast<double>(values);
  const prospect seen{difference.estimate, reach, detail::deviations(confidence), margin};
  const auto enough = [&](double more) { return seen.chance(1 + more / have) >= wanted_chance; };
  double high = 1;
  while (high < beyond_reach && !enough(high)) high *= 2;
  double low = std::floor(high / 2);
  while (high - low > 1) {
    const double middle = std::floor((low + high) / 2);
    (enough(middle) ? high : low) = middle;
  }
  return static_cast<std::size_t>(high);
}

}  // namespace crossfade::statistics
