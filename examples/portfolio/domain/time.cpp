#include "domain/time.hpp"

#include "domain/bad_text.hpp"

#include <cstdio>

namespace portfolio {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:dd";
constexpr std::string_view fraction_pattern = ".ddd";

bool matches(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !is_digit : text[i] != shape[i]) return false;
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

unsigned field(std::string_view text, std::size_t at) {
  return static_cast<unsigned>(number(text.substr(at, 2)));
}

}  // namespace

time_point parse_time(std::string_view text) {
  constexpr std::string_view expected = "a time in UTC like 2024-02-29T23:59:59Z";
  if (!text.ends_with('Z')) throw bad_text(text, expected);
  const std::string_view seconds = text.substr(0, std::min(pattern.size(), text.size() - 1));
  const std::string_view fraction = text.substr(seconds.size(), text.size() - seconds.size() - 1);
  const bool shaped =
      matches(seconds, pattern) && (fraction.empty() || matches(fraction, fraction_pattern));
  if (!shaped) throw bad_text(text, expected);

  const chrono::year_month_day day{chrono::year(number(seconds.substr(0, 4))),
                                   chrono::month(field(seconds, 5)),
                                   chrono::day(field(seconds, 8))};
  const chrono::hours hour(field(seconds, 11));
  const chrono::minutes minute(field(seconds, 14));
  const chrono::seconds second(field(seconds, 17));
  const bool exists = day.ok() && hour < chrono::days(1) && minute < chrono::hours(1) &&
                      second < chrono::minutes(1);
  if (!exists) throw bad_text(text, "a moment that exists");
  const chrono::milliseconds rest(fraction.empty() ? 0 : number(fraction.substr(1)));
  return chrono::sys_days(day) + hour + minute + second + rest;
}

std::string to_string(time_point time) {
  const auto midnight = chrono::floor<chrono::days>(time);
  const chrono::year_month_day day(midnight);
  const chrono::hh_mm_ss clock(time - midnight);
  const auto as_int = [](auto count) { return static_cast<int>(count); };
  char text[64];
  int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", int(day.year()),
                    unsigned(day.month()), unsigned(day.day()), as_int(clock.hours().count()),
                    as_int(clock.minutes().count()), as_int(clock.seconds().count()));
  std::string result(text, static_cast<std::size_t>(size));
  if (const auto rest = clock.subseconds().count(); rest != 0) {
    size = std::snprintf(text, sizeof text, ".%03d", as_int(rest));
    result.append(text, static_cast<std::size_t>(size));
  }
  return result + 'Z';
}

}  // namespace portfolio
