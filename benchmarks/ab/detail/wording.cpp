#include "benchmarks/ab/detail/wording.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace crossfade::ab::detail {
namespace {

/// The nearest number of three significant digits, and how many of these are behind the point.
struct three_digits {
  double number;
  int decimals;
};

three_digits to_three_digits(double number) {
  if (number == 0 || !std::isfinite(number)) return {number, 0};
  const auto exponent = [](double of) {
    return static_cast<int>(std::floor(std::log10(std::abs(of))));
  };
  const double step = std::pow(10, exponent(number) - 2);
  const double nearest = std::round(number / step) * step;  // 9.996 has become 10
  return {nearest, std::max(0, 2 - exponent(nearest * (1 + 1e-12)))};
}

struct named_factor {
  double factor;
  std::string_view name;
};

scaled in_largest(double number, std::span<const named_factor> rising) {
  named_factor found = rising.front();
  for (const named_factor& unit : rising) {
    if (std::abs(to_three_digits(number / unit.factor).number) >= 1) found = unit;
  }
  return {number / found.factor, found.name};
}

std::string with_unit(scaled value) {
  std::string text = rounded(value.number);
  return value.unit.empty() ? text : text.append(" ").append(value.unit);
}

bool in_percent(double ratio) { return ratio > 0.5 && ratio < 2; }

std::string percent(double ratio) {
  const std::string digits = fixed((ratio - 1) * 100, 1);
  if (digits == "-0.0") return "+0.0";
  return digits.starts_with('-') ? digits : '+' + digits;
}

std::string bound(double ratio, bool as_percent) {
  if (std::isinf(ratio)) return as_percent ? "+inf" : "inf";
  return as_percent ? percent(ratio) : rounded(ratio);
}

bool is_bounded(const statistics::interval& ratio) {
  return ratio.low > 0 || std::isfinite(ratio.high);
}

std::string times(double ratio) { return rounded(ratio) + 'x'; }

bool is_per_thing(figure what) {
  return what == figure::time || what == figure::cpu || what == figure::allocations ||
         what == figure::context_switches;
}

/// "takes 12.3 % less time per spawn than fiber", "is 1.32x faster than fiber".
std::string difference(const session_result& session, const workload_result& of) {
  const comparison& by = of.decided;
  const double ratio = by.found.ratio.estimate;
  const bool less = ratio < 1;
  const double factor = less ? 1 / ratio : ratio;
  const bool as_factor = factor >= 1.2;
  const std::string share = fixed(std::abs(ratio - 1) * 100, 1) + " %";
  if (by.by == figure::time) {
    if (as_factor) {
      return session.candidate + " is " + times(factor) + (less ? " faster" : " slower") +
             " than " + session.baseline;
    }
    return session.candidate + " takes " + share + (less ? " less" : " more") + " time per " +
           of.thing + " than " + session.baseline;
  }
  return session.candidate + "'s " + measured(by.by, of.thing) + " is " +
         (as_factor ? times(factor) : share) + (less ? " lower" : " higher") + " than " +
         session.baseline + "'s";
}

std::string both(const session_result& session, const workload_result& of) {
  const comparison& by = of.decided;
  const auto shown = [&](double value) {
    std::string text = quantity(value, by.by);
    if (by.by == figure::time && value > 0) text += " (" + per_second(1e9 / value) + ")";
    return text;
  };
  return session.candidate + ' ' + shown(by.candidate) + ", " + session.baseline + ' ' +
         shown(by.baseline);
}

std::string confidence(const session_result& session) {
  return plain(session.by.confidence * 100) + " % confidence";
}

std::string runs(std::size_t more) {
  return std::to_string(more) + (more == 1 ? " more run" : " more runs");
}

}  // namespace

std::string fixed(double number, int decimals) {
  std::array<char, 400> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 std::chars_format::fixed, decimals)
                       .ptr;
  return {digits.data(), end};
}

std::string rounded(double number) {
  const three_digits nearest = to_three_digits(number);
  return fixed(nearest.number, nearest.decimals);
}

std::string plain(double number) {
  // Twelve digits: what steps of 0.1 add up to is not 0.1 exactly.
  std::string text = fixed(number, 12);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

scaled scale_ns(double ns) {
  static constexpr std::array<named_factor, 4> units{
      {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
  return in_largest(ns, units);
}

scaled scale_bytes(double count) {
  static constexpr std::array<named_factor, 4> units{
      {{1, "B"}, {0x1p10, "KiB"}, {0x1p20, "MiB"}, {0x1p30, "GiB"}}};
  return in_largest(count, units);
}

scaled scale_count(double count) {
  static constexpr std::array<named_factor, 4> units{{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}}};
  return in_largest(count, units);
}

scaled scale(double value, figure of) {
  if (unit(of) == "ns") return scale_ns(value);
  if (unit(of) == "bytes") return scale_bytes(value);
  return scale_count(value);
}

std::string nanoseconds(double ns) { return with_unit(scale_ns(ns)); }
std::string bytes(double count) { return with_unit(scale_bytes(count)); }
std::string count(double number) { return with_unit(scale_count(number)); }

std::string per_second(double number) {
  const scaled value = scale_count(number);
  return rounded(value.number) + (value.unit.empty() ? "" : " ") + std::string(value.unit) + "/s";
}

std::string quantity(double value, figure of) { return with_unit(scale(value, of)); }

std::string to_text(const load& under) {
  if (under.is_open()) return "open, " + per_second(under.rate);
  return "closed, " + std::to_string(under.workers) + (under.workers == 1 ? " worker" : " workers");
}

std::string measured(figure what, std::string_view thing) {
  std::string text(to_string(what));
  if (is_per_thing(what)) text.append(" per ").append(thing);
  return text;
}

std::string change(double ratio) {
  if (!in_percent(ratio)) return times(ratio);
  return percent(ratio) + " %";
}

std::string change(const verdict& found) {
  if (found.runs == 0) return "-";
  const statistics::interval& ratio = found.ratio;
  std::string text = change(ratio.estimate);
  if (!is_bounded(ratio)) return text + " [no bounds]";
  const bool as_percent = in_percent(ratio.estimate);
  return text + " [" + bound(ratio.low, as_percent) + ", " + bound(ratio.high, as_percent) + "]";
}

std::string_view winner(const session_result& of, const verdict& found) noexcept {
  if (found.kind == outcome::better) return of.candidate;
  if (found.kind == outcome::worse) return of.baseline;
  return {};
}

std::string sentence(const session_result& session, const workload_result& of) {
  const verdict& found = of.decided.found;
  if (found.runs == 0) return "There is nothing to compare: no run of both sides has a figure.";
  switch (found.kind) {
    case outcome::better:
    case outcome::worse:
      return difference(session, of) + ": " + both(session, of) + "; " + change(found) + " at " +
             confidence(session) + '.';
    case outcome::same:
      return session.candidate + " and " + session.baseline + " do not differ by " +
             plain(session.by.effect * 100) + " % or more in " + measured(of.decided.by, of.thing) +
             ": " + both(session, of) + "; " + change(found) + " at " + confidence(session) + '.';
    case outcome::inconclusive:
      break;
  }
  std::string text = "The runs do not tell " + session.candidate + " from " + session.baseline +
                     " by " + measured(of.decided.by, of.thing) + ": " + change(found) + " at " +
                     confidence(session) + '.';
  if (found.more_runs > 0) text += ' ' + runs(found.more_runs) + " of each side would.";
  return text;
}

std::string besides(const workload_result& of) {
  std::string text;
  for (const outcome kind : {outcome::better, outcome::worse}) {
    std::string all;
    for (const comparison& other : of.figures) {
      if (other.found.kind != kind || other.by == of.decided.by) continue;
      all += (all.empty() ? "" : ", ") + measured(other.by, of.thing) + ' ' +
             change(other.found.ratio.estimate);
    }
    if (all.empty()) continue;
    text += (text.empty() ? "" : "; ") + std::string(to_string(kind)) + ": " + all;
  }
  return text;
}

std::string tally(const session_result& of) {
  const auto how_many = [&](outcome kind) {
    return std::ranges::count(of.workloads, kind, [](const workload_result& workload) {
      return workload.decided.found.kind;
    });
  };
  if (of.workloads.empty()) return "There is no workload in this session.";
  const auto better = how_many(outcome::better);
  const auto worse = how_many(outcome::worse);
  const auto same = how_many(outcome::same);
  const auto unknown = how_many(outcome::inconclusive);
  std::string text;
  const auto say = [&](auto number, std::string_view what) {
    if (number == 0) return;
    text += (text.empty() ? of.candidate + " is " : ", ") + std::string(what) + " in " +
            std::to_string(number);
  };
  say(better, "better");
  say(worse, "worse");
  say(same, "the same");
  if (unknown > 0) {
    text += (text.empty() ? "" : "; ") + std::to_string(unknown) +
            (unknown == 1 ? " is inconclusive" : " are inconclusive");
  }
  return text + " (of " + std::to_string(of.workloads.size()) +
         (of.workloads.size() == 1 ? " workload)." : " workloads).");
}

}  // namespace crossfade::ab::detail
