#include "tool/exposition.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace crossfade::tool {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool may_begin_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

bool may_be_in_name(char c) { return may_begin_name(c) || (c >= '0' && c <= '9'); }

std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);  // knows inf and nan too
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

/// Reads one line from its beginning to its end.
class line_reader {
 public:
  line_reader(std::string_view line, std::size_t number) : rest_(line), number_(number) {}

  /// None: the line has no sample.
  std::optional<sample> read() {
    skip_blanks();
    if (rest_.empty() || rest_.front() == '#') return std::nullopt;
    sample found{read_name("the name of a metric"), {}, 0};
    skip_blanks();
    if (take('{')) found.labels = read_labels();
    found.value = read_value();
    skip_blanks();
    if (!rest_.empty()) skip_time();
    return found;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    throw std::invalid_argument("line " + std::to_string(number_) + ": \"" + std::string(rest_) +
                                "\"; expected " + expected);
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string read_name(const char* what) {
    if (rest_.empty() || !may_begin_name(rest_.front())) fail(what);
    std::size_t length = 1;
    while (length < rest_.size() && may_be_in_name(rest_[length])) ++length;
    return std::string(take_first(length));
  }

  label_values read_labels() {
    label_values labels;
    for (;;) {
      skip_blanks();
      if (take('}')) return labels;
      std::string name = read_name("the name of a label, or }");
      skip_blanks();
      if (!take('=')) fail("= behind the label " + name);
      skip_blanks();
      if (!take('"')) fail("the value of the label " + name + ", in quotes");
      labels.insert_or_assign(std::move(name), read_quoted());
      skip_blanks();
      if (!take(',') && !rest_.starts_with('}')) fail(", or }");
    }
  }

  std::string read_quoted() {
    std::string value;
    while (!take('"')) {
      if (rest_.empty()) fail("a quote that ends the label's value");
      const char c = rest_.front();
      rest_.remove_prefix(1);
      value += c == '\\' ? read_escaped() : c;
    }
    return value;
  }

  char read_escaped() {
    if (take('n')) return '\n';
    if (take('"')) return '"';
    if (take('\\')) return '\\';
    fail(R"(\, " or n behind a \)");
  }

  double read_value() {
    skip_blanks();
    const auto value = number_of(rest_.substr(0, word()));
    if (!value) fail("a number");
    take_first(word());
    return *value;
  }

  void skip_time() {
    std::int64_t time = 0;
    const char* const end = rest_.data() + word();
    const auto [stopped, error] = std::from_chars(rest_.data(), end, time);
    if (error != std::errc() || stopped != end) fail("a time in milliseconds, or nothing");
    take_first(word());
    skip_blanks();
    if (!rest_.empty()) fail("the end of the line");
  }

  /// The length of what stands in front of the next blank.
  std::size_t word() const {
    std::size_t length = 0;
    while (length < rest_.size() && !is_blank(rest_[length])) ++length;
    return length;
  }

  std::string_view take_first(std::size_t length) {
    const std::string_view first = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return first;
  }

  std::string_view rest_;
  std::size_t number_;
};

}  // namespace

std::vector<sample> parse_exposition(std::string_view text) {
  std::vector<sample> samples;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto found = line_reader(line, number).read()) samples.push_back(std::move(*found));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return samples;
}

double bucketed_values::quantile(double share) const {
  if (at_most.empty() || at_most.rbegin()->second <= 0) return 0;
  const double rank = share * at_most.rbegin()->second;
  double low = 0;
  double below = 0;
  for (const auto& [high, reached] : at_most) {
    if (reached >= rank && reached > below) {
      if (high == infinity) return low;
      return low + (high - low) * (rank - below) / (reached - below);
    }
    low = high == infinity ? low : high;
    below = reached;
  }
  return low;
}

std::vector<histogram> histograms_of(const std::vector<sample>& samples, std::string_view family) {
  const std::string name(family);
  std::map<label_values, bucketed_values> found;
  for (const sample& each : samples) {
    if (each.name == name + "_sum") found[each.labels].sum = each.value;
    if (each.name == name + "_count") found[each.labels].count = each.value;
    if (each.name != name + "_bucket") continue;
    label_values labels = each.labels;
    const auto bound = labels.extract("le");
    if (bound.empty()) throw std::invalid_argument(each.name + " has no label le");
    const auto most = number_of(bound.mapped());
    if (!most) {
      throw std::invalid_argument(each.name + ": le is \"" + bound.mapped() +
                                  "\"; expected a number");
    }
    found[std::move(labels)].at_most[*most] = each.value;
  }
  std::vector<histogram> all;
  all.reserve(found.size());
  for (auto& [labels, values] : found) all.push_back({labels, std::move(values)});
  return all;
}

}  // namespace crossfade::tool
