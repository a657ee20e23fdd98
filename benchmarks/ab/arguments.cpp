#include "benchmarks/ab/arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace crossfade::ab {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view expected) {
  throw std::invalid_argument("is \"" + std::string(text) + "\"; expected " +
                              std::string(expected));
}

/// The finite number above 0 that the text begins with, and what follows it.
std::optional<std::pair<double, std::string_view>> leading_number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || !(value > 0) || value > 1e15) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
  return std::pair(value, text);
}

std::string argument_of(figure one) {
  std::string name(to_string(one));
  std::ranges::replace(name, ' ', '-');
  return name;
}

}  // namespace

duration parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> units{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  if (const auto parts = leading_number(text)) {
    for (const auto& [name, ns] : units) {
      if (parts->second != name) continue;
      const double length = parts->first * ns;
      if (length >= 1 && length <= 24 * 3600e9) return duration(static_cast<long>(length));
    }
  }
  refuse(text, "a length of time up to a day, as 500ms, 10s or 2m");
}

double parse_percentage(std::string_view text) {
  const auto parts = leading_number(text);
  if (!parts || parts->second != "%") refuse(text, "a percentage above 0, as 5%");
  return parts->first / 100;
}

figure parse_figure(std::string_view text) {
  std::string names;
  for (const figure each : all_figures()) {
    if (argument_of(each) == text) return each;
    names += (names.empty() ? "" : ", ") + argument_of(each);
  }
  refuse(text, "one of " + names);
}

}  // namespace crossfade::ab
