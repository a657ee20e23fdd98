#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compat/clock.hpp"

namespace crossfade::ab {

/// How long operations took: counts in buckets that are 1/64 of their value wide, as HDR histograms
/// have them, so that what it says of any quantile is right to less than 1.6 %, from 1 ns to hours.
///
/// Recording takes a few nanoseconds and never allocates once the longest was seen.
class latency_histogram {
 public:
  void record(duration took, std::uint64_t times = 1);
  void add(const latency_histogram& other);

  std::uint64_t count() const noexcept { return count_; }
  duration max() const noexcept { return max_; }
  double mean_ns() const noexcept;
  /// The least value that at least this share of the operations did not exceed; 0 if it is empty.
  duration quantile(double share) const noexcept;

  /// A bucket in which there is something.
  struct bucket {
    duration low;   ///< the least that falls into it
    duration high;  ///< the least that does not any more
    std::uint64_t count;

    bool operator==(const bucket&) const = default;
  };
  std::vector<bucket> buckets() const;  ///< by value, rising

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  duration max_{};
  double sum_ns_ = 0;
};

}  // namespace crossfade::ab
