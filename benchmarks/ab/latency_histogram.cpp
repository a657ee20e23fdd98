#include "benchmarks/ab/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace crossfade::ab {
namespace {

// Each power of two is cut into so many parts, but none into parts of less than one ns.
constexpr unsigned part_bits = 6;
constexpr std::uint64_t parts = std::uint64_t{1} << part_bits;
// Minutes have one of these: most histograms allocate once, by which they hardly disturb what
// counts allocations.
constexpr std::size_t usual_buckets = 32 * parts;
// Its bucket's end is a duration, too.
constexpr duration longest{(duration::rep{1} << 62) - 1};

std::size_t bucket_of(std::uint64_t ns) {
  const auto bits = static_cast<unsigned>(std::bit_width(ns));
  const unsigned shift = bits > part_bits ? bits - part_bits - 1 : 0;
  return static_cast<std::size_t>((shift << part_bits) + (ns >> shift));
}

/// The least that falls into a bucket: the inverse of `bucket_of`.
duration low_end(std::size_t bucket) {
  const std::size_t shift = bucket < 2 * parts ? 0 : (bucket >> part_bits) - 1;
  const std::uint64_t top = bucket - (shift << part_bits);
  return duration(static_cast<duration::rep>(top << shift));
}

}  // namespace

void latency_histogram::record(duration took, std::uint64_t times) {
  if (times == 0) return;
  took = std::clamp(took, duration::zero(), longest);
  const std::size_t at = bucket_of(static_cast<std::uint64_t>(took.count()));
  if (at >= counts_.size()) [[unlikely]]
    counts_.resize(std::max(at + 1, usual_buckets));
  counts_[at] += times;
  count_ += times;
  max_ = std::max(max_, took);
  sum_ns_ += static_cast<double>(took.count()) * static_cast<double>(times);
}

void latency_histogram::add(const latency_histogram& other) {
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ns_ += other.sum_ns_;
}

double latency_histogram::mean_ns() const noexcept {
  return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_);
}

duration latency_histogram::quantile(double share) const noexcept {
  // 0.07 of 100 is 7, and not what doubles make of it.
  const double rank = std::ceil(share * static_cast<double>(count_) * (1 - 1e-12));
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    up_to += counts_[i];
    // The upper end, for the value to be one that so many did not exceed.
    if (counts_[i] > 0 && static_cast<double>(up_to) >= rank)
      return std::min(max_, low_end(i + 1) - duration(1));
  }
  return max_;
}

std::vector<latency_histogram::bucket> latency_histogram::buckets() const {
  std::vector<bucket> found;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] > 0) found.push_back({low_end(i), low_end(i + 1), counts_[i]});
  }
  return found;
}

}  // namespace crossfade::ab
