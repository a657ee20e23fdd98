#include "flags/detail/coercion.hpp"

#include "flags/detail/digit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <system_error>

namespace crossfade::flags::detail {
namespace {

std::size_t digits_at(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  return static_cast<std::size_t>(end - text.begin());
}

/// The parts of `[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`.
struct decimal {
  bool negative = false;
  std::string_view unsigned_text;
  std::string_view whole;
  std::string_view fraction;
  std::string_view exponent;  // with its sign, unless that is +
};

std::optional<decimal> split_decimal(std::string_view text) {
  decimal result;
  if (text.starts_with('+') || text.starts_with('-')) {
    result.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  result.unsigned_text = text;
  result.whole = text.substr(0, digits_at(text));
  text.remove_prefix(result.whole.size());
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    result.fraction = text.substr(0, digits_at(text));
    text.remove_prefix(result.fraction.size());
  }
  if (result.whole.empty() && result.fraction.empty()) return std::nullopt;
  if (text.empty()) return result;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool plus = text.starts_with('+');
  if (plus) text.remove_prefix(1);
  const std::size_t sign = !plus && text.starts_with('-') ? 1 : 0;
  const std::size_t digits = digits_at(text.substr(sign));
  if (digits == 0 || sign + digits != text.size()) return std::nullopt;
  result.exponent = text;
  return result;
}

/// What is too large or too small for a double: infinity or 0.
double out_of_range(const decimal& parts) {
  long exponent = 0;
  const auto read = std::from_chars(parts.exponent.begin(), parts.exponent.end(), exponent);
  if (read.ec == std::errc::result_out_of_range) {
    exponent = parts.exponent.starts_with('-') ? std::numeric_limits<int>::min()
                                               : std::numeric_limits<int>::max();
  }
  const auto zeros = [](std::string_view digits) {
    return static_cast<long>(std::min(digits.find_first_not_of('0'), digits.size()));
  };
  const long leading = zeros(parts.whole);
  const auto whole = static_cast<long>(parts.whole.size());
  const long magnitude = leading < whole ? whole - leading : -zeros(parts.fraction);
  return magnitude + exponent > 0 ? std::numeric_limits<double>::infinity() : 0;
}

/// How many bytes at the start are one white space character, 0 if none.
std::size_t space_at_start(std::string_view text) {
  constexpr std::array<std::string_view, 25> spaces = {
      "\t",           "\n",           "\v",
      "\f",           "\r",           " ",
      "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
      "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
      "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
      "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
      "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
      "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
      "\xe3\x80\x80"};
  for (const std::string_view space : spaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::size_t space_at_end(std::string_view text) {
  for (std::size_t size = 1; size <= 3 && size <= text.size(); ++size) {
    if (space_at_start(text.substr(text.size() - size)) == size) return size;
  }
  return 0;
}

}  // namespace

datum find(std::span<const member> members, std::string_view name) noexcept {
  for (auto at = members.rbegin(); at != members.rend(); ++at) {
    if (at->name == name) return at->value;
  }
  return {};
}

bool truthy(const datum& value) noexcept {
  switch (value.type()) {
    case kind::boolean:
      return value.truth();
    case kind::number:
      return value.number() != 0;
    case kind::text:
      return !value.text().empty();
    case kind::list:
      return !value.items().empty();
    case kind::object:
      return !value.members().empty();
    case kind::null:
    case kind::failure:
      break;
  }
  return false;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  const auto parts = split_decimal(text);
  if (!parts) return std::nullopt;
  const std::string_view digits = parts->unsigned_text;
  double number = 0;
  const auto read = std::from_chars(digits.begin(), digits.end(), number);
  if (read.ec == std::errc::result_out_of_range) number = out_of_range(*parts);
  return parts->negative ? -number : number;
}

double loose_number(const datum& value) noexcept {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  switch (value.type()) {
    case kind::null:
      return 0;
    case kind::boolean:
      return value.truth() ? 1 : 0;
    case kind::number:
      return value.number();
    case kind::text:
      if (const auto number = parse_number(value.text())) return *number;
      return trimmed(value.text()).empty() ? 0 : none;
    case kind::list:
    case kind::object:
    case kind::failure:
      break;
  }
  return none;
}

std::optional<double> arithmetic_number(const datum& value) noexcept {
  if (value.is(kind::number)) return value.number();
  if (value.is(kind::text)) return parse_number(value.text()).value_or(0);
  return std::nullopt;
}

bool loosely_equal(const datum& a, const datum& b) noexcept {
  if (a.is(kind::null) || b.is(kind::null)) return a.is(kind::null) && b.is(kind::null);
  if (a.is(kind::text) && b.is(kind::text)) return a.text() == b.text();
  return loose_number(a) == loose_number(b);
}

bool strictly_equal(const datum& a, const datum& b) noexcept {
  return a.type() == b.type() && loosely_equal(a, b);
}

bool less(const datum& a, const datum& b) noexcept {
  if (a.is(kind::text) && b.is(kind::text)) return a.text() < b.text();
  return loose_number(a) < loose_number(b);
}

std::string_view number_text(double number, std::pmr::memory_resource& memory) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::array<char, 512> buffer;  // the longest are the subnormal ones, of some 345 characters
  const auto end = std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::fixed);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  return joined(std::array{text}, memory);
}

std::string_view trimmed(std::string_view text) noexcept {
  while (const std::size_t space = space_at_start(text)) text.remove_prefix(space);
  while (const std::size_t space = space_at_end(text)) text.remove_suffix(space);
  return text;
}

std::string_view joined(std::span<const std::string_view> pieces,
                        std::pmr::memory_resource& memory) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  if (size == 0) return "";
  char* const text = static_cast<char*>(memory.allocate(size, 1));
  char* end = text;
  for (const std::string_view piece : pieces) end = std::copy(piece.begin(), piece.end(), end);
  return {text, size};
}

}  // namespace crossfade::flags::detail
