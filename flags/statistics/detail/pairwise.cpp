#include "flags/statistics/detail/pairwise.hpp"

#include <bit>
#include <cstddef>
#include <limits>

namespace crossfade::statistics::detail {
namespace {

constexpr std::uint64_t sign = std::uint64_t{1} << 63;

/// Numbers in the order of the values.
std::uint64_t to_ordinal(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

double from_ordinal(std::uint64_t ordinal) {
  return std::bit_cast<double>((ordinal & sign) != 0 ? ordinal & ~sign : ~ordinal);
}

/// A larger value of `a` makes every difference smaller, so the border only moves on.
std::uint64_t differences_up_to(std::span<const double> a, std::span<const double> b, double most) {
  std::uint64_t found = 0;
  std::size_t border = 0;
  for (const double x : a) {
    while (border < b.size() && b[border] - x <= most) ++border;
    found += border;
  }
  return found;
}

}  // namespace

double pairwise_difference(std::span<const double> a, std::span<const double> b,
                           std::uint64_t rank) {
  std::uint64_t low = to_ordinal(std::numeric_limits<double>::lowest());
  std::uint64_t high = to_ordinal(std::numeric_limits<double>::max());
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (differences_up_to(a, b, from_ordinal(middle)) > rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return from_ordinal(low);
}

}  // namespace crossfade::statistics::detail
