#include "domain/decimal.hpp"

#include "domain/bad_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace portfolio {
namespace {

constexpr std::size_t decimals = 8;
constexpr std::string_view limit = "92233720368.54775807";

__extension__ using wide = __int128;

[[noreturn]] void throw_overflow(std::string_view what) {
  throw std::overflow_error("the " + std::string(what) + " is beyond " + std::string(limit));
}

std::int64_t narrow(wide units, std::string_view what) {
  using range = std::numeric_limits<std::int64_t>;
  if (units < range::min() || units > range::max()) throw_overflow(what);
  return static_cast<std::int64_t>(units);
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

decimal decimal::parse(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(sign, point - std::min(sign, point));
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  const bool well_formed = all_digits(whole) && (point == text.size() || all_digits(fraction));
  if (!well_formed) throw bad_text(text, "a number like 12.5");
  if (fraction.size() > decimals) throw bad_text(text, "at most 8 decimals");

  std::string digits(text.substr(0, sign));
  digits.append(whole).append(fraction).append(decimals - fraction.size(), '0');
  std::int64_t units = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), units);
  if (read.ec != std::errc()) throw bad_text(text, "at most " + std::string(limit));
  return decimal(units);
}

std::string decimal::to_string() const {
  std::string text = std::to_string(units_);
  const std::size_t sign = units_ < 0 ? 1 : 0;
  const std::size_t shortest = sign + decimals + 1;  // 0.00000000
  if (text.size() < shortest) text.insert(sign, shortest - text.size(), '0');
  text.insert(text.size() - decimals, 1, '.');
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

decimal operator+(decimal a, decimal b) {
  return decimal(narrow(wide{a.units_} + b.units_, "sum"));
}

decimal operator-(decimal a, decimal b) {
  return decimal(narrow(wide{a.units_} - b.units_, "difference"));
}

decimal rounded_product(decimal a, decimal b) {
  constexpr wide one = decimal::units_of_one;
  const wide exact = wide{a.units()} * b.units();
  wide units = exact / one;
  const wide left = 2 * (exact % one);  // exact and left have one sign: division truncates
  const wide away = exact < 0 ? -1 : 1;
  const bool is_odd = units % 2 != 0;
  if (left * away > one || (left * away == one && is_odd)) units += away;
  return decimal::of_units(narrow(units, "product"));
}

}  // namespace portfolio
