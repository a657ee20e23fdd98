#include "flags/detail/sem_ver.hpp"

#include "flags/detail/digit.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>

namespace crossfade::flags::detail {
namespace {

bool is_identifier_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_numeric(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool has_leading_zero(std::string_view digits) { return digits.size() > 1 && digits[0] == '0'; }

/// Takes what comes before the next dot, and the dot.
std::string_view take_identifier(std::string_view& text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view result = text.substr(0, dot);
  text.remove_prefix(std::min(dot + 1, text.size()));
  return result;
}

/// Identifiers with dots between.
bool is_dotted(std::string_view text, bool leading_zeros) {
  if (text.ends_with('.')) return false;
  do {
    const std::string_view identifier = take_identifier(text);
    if (identifier.empty()) return false;
    if (!std::all_of(identifier.begin(), identifier.end(), is_identifier_character)) return false;
    if (!leading_zeros && is_numeric(identifier) && has_leading_zero(identifier)) return false;
  } while (!text.empty());
  return true;
}

std::weak_ordering compare_numeric(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();  // no leading zeros
  return a <=> b;
}

std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (is_numeric(a) && is_numeric(b)) return compare_numeric(a, b);
  if (is_numeric(a) != is_numeric(b)) {
    return is_numeric(a) ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  return a <=> b;
}

std::weak_ordering compare_pre_releases(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // a release is the greater one
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(take_identifier(a), take_identifier(b));
    if (std::is_neq(order)) return order;
  }
  return b.empty() <=> a.empty();
}

}  // namespace

std::optional<version> version::parse(std::string_view text) noexcept {
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  version result{.core = {"0", "0", "0"}, .pre_release = {}};
  std::size_t parts = 0;
  for (std::string_view& part : result.core) {
    part = text.substr(0, static_cast<std::size_t>(
                              std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()));
    if (part.empty() || has_leading_zero(part)) return std::nullopt;
    text.remove_prefix(part.size());
    ++parts;
    if (parts == 3 || !text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  if (parts < 3) return text.empty() ? std::optional(result) : std::nullopt;
  const std::size_t plus = text.find('+');
  if (plus != text.npos) {
    if (!is_dotted(text.substr(plus + 1), true)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (text.empty()) return result;
  result.pre_release = text.substr(1);
  if (text[0] != '-' || !is_dotted(result.pre_release, false)) return std::nullopt;
  return result;
}

std::weak_ordering compare(const version& a, const version& b) noexcept {
  for (std::size_t i = 0; i < a.core.size(); ++i) {
    const auto order = compare_numeric(a.core[i], b.core[i]);
    if (std::is_neq(order)) return order;
  }
  return compare_pre_releases(a.pre_release, b.pre_release);
}

std::optional<bool> compare(const version& a, std::string_view by, const version& b) noexcept {
  if (by == "^") return a.core[0] == b.core[0];
  if (by == "~") return a.core[0] == b.core[0] && a.core[1] == b.core[1];
  const auto order = compare(a, b);
  if (by == "=") return std::is_eq(order);
  if (by == "!=") return std::is_neq(order);
  if (by == "<") return std::is_lt(order);
  if (by == "<=") return std::is_lteq(order);
  if (by == ">") return std::is_gt(order);
  if (by == ">=") return std::is_gteq(order);
  return std::nullopt;
}

}  // namespace crossfade::flags::detail
