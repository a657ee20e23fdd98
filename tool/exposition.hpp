#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::tool {

using label_values = std::map<std::string, std::string, std::less<>>;

/// A line of Prometheus's text format: a number under a name.
struct sample {
  std::string name;
  label_values labels;
  double value;

  bool operator==(const sample&) const = default;
};

/// Reads Prometheus's text format, version 0.0.4: what a `/metrics` answers. Comments, types and
/// the times of samples are skipped. Throws: `std::invalid_argument` that names the line, and what
/// was expected there.
std::vector<sample> parse_exposition(std::string_view text);

/// How many values there are, of which size.
struct bucketed_values {
  /// How many values are at most as large as each bound; the last bound is infinite.
  std::map<double, double> at_most;
  double sum = 0;
  double count = 0;

  /// The value that this share of them does not exceed, as Prometheus's histogram_quantile says it:
  /// evenly spread within a bucket; of what is above the last finite bound, that bound. 0 if it is
  /// empty.
  double quantile(double share) const;
};

/// A histogram, and the labels of its lines but `le`.
struct histogram {
  label_values labels;
  bucketed_values values;
};

/// The histograms of a family, in the order of their labels. Throws: `std::invalid_argument` for
/// a bucket without a bound, or with one that is no number.
std::vector<histogram> histograms_of(const std::vector<sample>& samples, std::string_view family);

}  // namespace crossfade::tool
