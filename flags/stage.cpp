#include "flags/stage.hpp"

#include "flags/detail/digit.hpp"
#include "flags/detail/json.hpp"
#include "flags/detail/objections.hpp"
#include "flags/detail/rollout_rule.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace crossfade::flags {
namespace {

constexpr share none{0, 100};
constexpr share all{100, 100};

progress without_rule(const flag& flag) {
  const bool fiber = flag.has_variant("fiber");
  if (!flag.default_variant) {
    return fiber ? progress{stage::off, none} : progress{stage::custom, {}};
  }
  const std::string& name = flag.variants[*flag.default_variant].name;
  if (name == "fiber") return {stage::off, none};
  if (name == "shadow") return {stage::shadow, none};
  if (name == "coro") return {fiber ? stage::live : stage::complete, all};
  return {stage::custom, {}};
}

}  // namespace

share share::parse_percent(std::string_view text) {
  constexpr std::size_t most_decimals = 3;
  const auto refuse = [whole = std::string(text)] {
    throw std::invalid_argument(detail::quoted(whole) +
                                " is no percentage; expected a number from 0 to 100, with at most "
                                "three decimals");
  };
  if (text.ends_with('%')) text.remove_suffix(1);
  if (text.ends_with(' ')) text.remove_suffix(1);
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view decimals = point == text.npos ? "" : text.substr(point + 1);
  const bool is_number = !whole.empty() && whole.size() <= 3 &&
                         (point == text.npos) == decimals.empty() &&
                         decimals.size() <= most_decimals &&
                         std::all_of(whole.begin(), whole.end(), detail::is_digit) &&
                         std::all_of(decimals.begin(), decimals.end(), detail::is_digit);
  if (!is_number) refuse();
  while (decimals.ends_with('0')) decimals.remove_suffix(1);
  share result{0, 100};
  for (const char digit : whole) result.weight = 10 * result.weight + (digit - '0');
  for (const char digit : decimals) {
    result.weight = 10 * result.weight + (digit - '0');
    result.sum *= 10;
  }
  if (result.weight > result.sum) refuse();
  return result;
}

std::string share::to_text() const {
  std::array<char, 32> digits;
  const double rounded = std::round(percent() * 1000) / 1000;
  const auto end = std::to_chars(digits.begin(), digits.end(), rounded).ptr;
  return std::string(digits.begin(), end) + " %";
}

std::string_view to_string(stage stage) noexcept {
  switch (stage) {
    case stage::off:
      return "off";
    case stage::shadow:
      return "shadow";
    case stage::canary:
      return "canary";
    case stage::live:
      return "live";
    case stage::complete:
      return "complete";
    case stage::custom:
      break;
  }
  return "custom";
}

progress progress_of(const flag& flag) {
  if (!flag.enabled) return {stage::off, none};
  if (!flag.rule) return without_rule(flag);
  const auto rollout = detail::read_rollout(detail::parse_json(flag.targeting, flag.key));
  if (!rollout || !flag.has_variant("coro") || !flag.has_variant("fiber")) {
    return {stage::custom, {}};
  }
  return {stage::canary, rollout->coro};
}

}  // namespace crossfade::flags
