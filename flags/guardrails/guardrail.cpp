#include "flags/guardrails/guardrail.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace crossfade::flags {
namespace {

void require(bool right, const char* expectation) {
  if (!right)
    throw std::invalid_argument(std::string("guardrail_options: expected ") + expectation);
}

/// In seconds; what took no time that the clock sees took the least it could have seen.
double time_of(std::chrono::nanoseconds took) {
  return std::chrono::duration<double>(std::max(took, std::chrono::nanoseconds(1))).count();
}

std::chrono::nanoseconds from_time(double seconds) {
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

template <class... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string text_of(const guarded_side& side) {
  return side.name + ": " +
         formatted("%zu calls, %zu failed, median %.3f ms, p99 %.3f ms", side.calls, side.failed,
                   1000 * time_of(side.median), 1000 * time_of(side.p99));
}

}  // namespace

std::string_view to_string(guardrail_verdict::what kind) noexcept {
  switch (kind) {
    case guardrail_verdict::what::hold:
      return "hold";
    case guardrail_verdict::what::within:
      return "within";
    case guardrail_verdict::what::breach:
      return "breach";
  }
  return "";
}

std::string guardrail_verdict::text() const {
  std::string text = std::string(to_string(kind)) + " in " +
                     formatted("%.1f s; ", std::chrono::duration<double>(window).count()) +
                     text_of(baseline) + "; " + text_of(candidate);
  if (more_failures) {
    text += formatted("; fails %+.2f points more (%+.2f to %+.2f)", 100 * more_failures->estimate,
                      100 * more_failures->low, 100 * more_failures->high);
  }
  if (time_ratio) {
    text += formatted("; takes %.3f times as long (%.3f to %.3f)", time_ratio->estimate,
                      time_ratio->low, time_ratio->high);
  }
  if (more_time) {
    text += formatted(", %+.3f ms (%+.3f to %+.3f)", 1000 * more_time->estimate,
                      1000 * more_time->low, 1000 * more_time->high);
  }
  return text;
}

guardrail::guardrail(guardrail_options options) : options_(std::move(options)) {
  require(options_.baseline != options_.candidate, "two sides that differ");
  require(options_.window > std::chrono::nanoseconds(0), "a window of more than no time");
  require(options_.least > 0 && options_.least <= options_.most,
          "`least` calls, more than none and at most `most`");
  require(options_.more_failures >= 0 && options_.more_failures < 1,
          "`more_failures` from 0 to below 1");
  require(options_.slower >= 0 && options_.slower_by >= std::chrono::nanoseconds(0),
          "`slower` and `slower_by` of 0 or more");
  require(options_.confidence > 0 && options_.confidence < 1, "a confidence between 0 and 1");
}

guardrail::calls* guardrail::of(std::string_view side) noexcept {
  if (side == options_.baseline) return &baseline_;
  if (side == options_.candidate) return &candidate_;
  return nullptr;
}

void guardrail::record(std::string_view side, std::chrono::nanoseconds took, bool failed,
                       clock::time_point now) {
  calls* const kept = of(side);
  if (kept == nullptr) return;
  const std::lock_guard lock(mutex_);
  if (kept->size() == options_.most) kept->pop_front();
  kept->push_back({now, took, failed});
}

void guardrail::reset() {
  const std::lock_guard lock(mutex_);
  baseline_.clear();
  candidate_.clear();
}

guardrail_verdict guardrail::judge(clock::time_point now) const {
  calls baseline;
  calls candidate;
  {
    const std::lock_guard lock(mutex_);
    baseline = baseline_;
    candidate = candidate_;
  }
  clock::time_point since = now - options_.window;
  for (const calls* kept : {&baseline, &candidate}) {
    if (kept->size() == options_.most) since = std::max(since, kept->front().ended);
  }

  guardrail_verdict verdict;
  verdict.window = now - since;
  const auto look_at = [&](const calls& kept, const std::string& name, guarded_side& side) {
    std::vector<double> times;
    side.name = name;
    for (const call& c : kept) {
      if (c.ended < since) continue;
      ++side.calls;
      side.failed += c.failed;
      if (!c.failed) times.push_back(time_of(c.took));
    }
    std::ranges::sort(times);
    const auto at = [&](std::size_t percent) {
      return times.empty() ? std::chrono::nanoseconds(0)
                           : from_time(times[(times.size() - 1) * percent / 100]);
    };
    side.median = at(50);
    side.p99 = at(99);
    return times;
  };
  const std::vector<double> old_times = look_at(baseline, options_.baseline, verdict.baseline);
  const std::vector<double> new_times = look_at(candidate, options_.candidate, verdict.candidate);

  if (verdict.baseline.calls < options_.least || verdict.candidate.calls < options_.least)
    return verdict;
  verdict.kind = guardrail_verdict::what::within;
  verdict.more_failures = statistics::share_difference(
      {verdict.baseline.failed, verdict.baseline.calls},
      {verdict.candidate.failed, verdict.candidate.calls}, options_.confidence);
  bool breached = verdict.more_failures->low > options_.more_failures;
  if (!old_times.empty() && !new_times.empty()) {
    verdict.time_ratio = statistics::ratio(old_times, new_times, options_.confidence);
    verdict.more_time = statistics::shift(old_times, new_times, options_.confidence);
    breached = breached || (verdict.time_ratio->low > 1 + options_.slower &&
                            verdict.more_time->low > time_of(options_.slower_by));
  }
  if (breached) verdict.kind = guardrail_verdict::what::breach;
  return verdict;
}

}  // namespace crossfade::flags
