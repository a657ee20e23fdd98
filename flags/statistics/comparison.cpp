#include "flags/statistics/comparison.hpp"

#include "flags/statistics/detail/normal.hpp"
#include "flags/statistics/detail/pairwise.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

namespace crossfade::statistics {
namespace {

using sample = std::span<const double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> sorted(sample values) {
  if (values.empty()) throw std::invalid_argument("a sample without values cannot be compared");
  if (!std::ranges::all_of(values, [](double v) { return std::isfinite(v); }))
    throw std::invalid_argument("a sample with a value that is not finite cannot be compared");
  std::vector<double> in_order(values.begin(), values.end());
  std::ranges::sort(in_order);
  return in_order;
}

/// Both samples, as the ranks of all their values see them.
struct ranked {
  double pairs;
  double deviation;  // of the number of pairs in which one side is larger, were there no difference
};

ranked rank(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all(a.size() + b.size());
  std::ranges::merge(a, b, all.begin());
  double ties = 0;  // as the correction counts them
  for (auto from = all.begin(); from != all.end();) {
    const auto to = std::upper_bound(from, all.end(), *from);
    const auto alike = static_cast<double>(to - from);
    ties += alike * (alike * alike - 1);
    from = to;
  }
  const auto n = static_cast<double>(all.size());
  const double pairs = static_cast<double>(a.size()) * static_cast<double>(b.size());
  return {pairs, std::sqrt(pairs / 12 * (n + 1 - ties / (n * (n - 1))))};
}

/// Where the Mann-Whitney test begins to reject: so many of the differences, in order, lie outside
/// on either side.
double outside(const ranked& samples, double z) {
  return std::floor(samples.pairs / 2 - z * samples.deviation);
}

double median(const std::vector<double>& a, const std::vector<double>& b) {
  const std::uint64_t pairs = std::uint64_t{a.size()} * b.size();
  const double upper = detail::pairwise_difference(a, b, pairs / 2);
  if (pairs % 2 == 1) return upper;
  return (detail::pairwise_difference(a, b, pairs / 2 - 1) + upper) / 2;
}

interval wilson(count c, double z) {
  const auto n = static_cast<double>(c.of);
  const double p = c.share();
  const double scale = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / scale;
  const double reach = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale;
  return {centre - reach, p, centre + reach};
}

}  // namespace

interval shift(sample a, sample b, double confidence) {
  const double z = detail::deviations(confidence);
  const std::vector<double> in_a = sorted(a);
  const std::vector<double> in_b = sorted(b);
  interval found{-infinity, median(in_a, in_b), infinity};
  const ranked samples = rank(in_a, in_b);
  const double beyond = outside(samples, z);
  if (beyond < 1) return found;
  const auto last = static_cast<std::uint64_t>(samples.pairs) - 1;
  const auto skipped = static_cast<std::uint64_t>(beyond) - 1;
  found.low = detail::pairwise_difference(in_a, in_b, skipped);
  found.high = detail::pairwise_difference(in_a, in_b, last - skipped);
  return found;
}

interval ratio(sample a, sample b, double confidence) {
  const auto logarithms = [](sample values) {
    if (!std::ranges::all_of(values, [](double v) { return v > 0; }))
      throw std::invalid_argument("a ratio needs values above 0");
    std::vector<double> logs(values.size());
    std::ranges::transform(values, logs.begin(), [](double v) { return std::log(v); });
    return logs;
  };
  const interval of_logs = shift(logarithms(a), logarithms(b), confidence);
  return {std::exp(of_logs.low), std::exp(of_logs.estimate), std::exp(of_logs.high)};
}

rank_test mann_whitney(sample a, sample b) {
  const std::vector<double> in_a = sorted(a);
  const std::vector<double> in_b = sorted(b);
  double u = 0;
  for (const double x : in_b) {
    const auto [from, to] = std::ranges::equal_range(in_a, x);
    u += static_cast<double>(from - in_a.begin()) + static_cast<double>(to - from) / 2;
  }
  const ranked samples = rank(in_a, in_b);
  if (!(samples.deviation > 0)) return {u, 1, 1};  // all values are one
  const auto tail = [&](double above) {
    return detail::normal_share_below((0.5 - above) / samples.deviation);
  };
  return {u, tail(u - samples.pairs / 2), tail(samples.pairs / 2 - u)};
}

interval share_difference(count a, count b, double confidence) {
  const double z = detail::deviations(confidence);
  if (a.of == 0 || b.of == 0) throw std::invalid_argument("a share of nothing cannot be compared");
  const interval in_a = wilson(a, z);
  const interval in_b = wilson(b, z);
  const double difference = in_b.estimate - in_a.estimate;
  return {difference - std::hypot(in_b.estimate - in_b.low, in_a.high - in_a.estimate), difference,
          difference + std::hypot(in_b.high - in_b.estimate, in_a.estimate - in_a.low)};
}

}  // namespace crossfade::statistics
