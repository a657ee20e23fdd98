#include "benchmarks/ab/baseline.hpp"

#include "benchmarks/ab/detail/run_values.hpp"
#include "benchmarks/ab/detail/wording.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>
#include <tuple>
#include <utility>

namespace crossfade::ab {
namespace {

bool alike(const load& a, const load& b) {
  return a.is_open() ? a.rate == b.rate : !b.is_open() && a.workers == b.workers;
}

bool told_equals_apart(const workload_result& of) {
  return of.calibration.kind == outcome::better || of.calibration.kind == outcome::worse;
}

/// Why the two say nothing about each other; empty: they do.
std::string difference_between(const workload_result& then, const workload_result& now) {
  if (!alike(then.under, now.under)) {
    return "the load is " + detail::to_text(now.under) + "; was " + detail::to_text(then.under);
  }
  if (then.things != now.things) {
    return "an operation is " + std::to_string(now.things) + " times a " + now.thing + "; was " +
           std::to_string(then.things);
  }
  if (told_equals_apart(then)) return "the calibration before told equals apart";
  if (told_equals_apart(now)) return "the calibration now tells equals apart";
  return {};
}

bool all_above_zero(const std::vector<double>& of) {
  return !of.empty() && std::ranges::all_of(of, [](double one) { return one > 0; });
}

const workload_result* find(const session_result& in, const std::string& name) {
  const auto found = std::ranges::find(in.workloads, name, &workload_result::name);
  return found == in.workloads.end() ? nullptr : &*found;
}

since_baseline compare_side(const workload_result& then, side then_side, const workload_result& now,
                            side now_side, const criterion& by) {
  since_baseline found;
  found.workload = now.name;
  found.found.by = now.decided.by;
  found.not_compared = difference_between(then, now);
  if (!found.not_compared.empty()) return found;
  const auto before = detail::values_of(then, phase::comparison, then_side, now.decided.by);
  const auto after = detail::values_of(now, phase::comparison, now_side, now.decided.by);
  if (!all_above_zero(before) || !all_above_zero(after)) {
    found.not_compared = "a run has no " + std::string(to_string(now.decided.by)) + " above 0";
    return found;
  }
  found.found.baseline = detail::median(before);
  found.found.candidate = detail::median(after);
  found.found.found = judge(before, after, by);
  return found;
}

std::string verdict_text(const since_baseline& of) {
  if (!of.not_compared.empty()) return "not compared: " + of.not_compared;
  std::string text(to_string(of.found.found.kind));
  if (of.found.found.more_runs > 0) {
    text += ", " + std::to_string(of.found.found.more_runs) + " more runs needed";
  }
  return text;
}

}  // namespace

std::string since_baseline::text() const {
  const std::string who = workload + " on " + backend;
  if (!not_compared.empty()) return who + " is not compared with before: " + not_compared;
  const bool same = found.found.kind == outcome::same;
  std::string text = who + (same ? " is the " : " is ") + verdict_text(*this);
  if (found.found.kind != outcome::inconclusive) {
    text += same ? " as before" : " than before";
  }
  return text + ": " + std::string(to_string(found.by)) + ' ' + detail::change(found.found);
}

std::vector<since_baseline> compare(const session_result& then, const session_result& now) {
  const std::array<std::pair<side, std::string>, 2> sides_then{
      {{side::baseline, then.baseline}, {side::candidate, then.candidate}}};
  const std::array<std::pair<side, std::string>, 2> sides_now{
      {{side::baseline, now.baseline}, {side::candidate, now.candidate}}};
  std::vector<since_baseline> all;
  for (const workload_result& workload : now.workloads) {
    const workload_result* const before = find(then, workload.name);
    for (const auto& [now_side, backend] : sides_now) {
      since_baseline found;
      const auto then_side =
          std::ranges::find(sides_then, backend, &std::pair<side, std::string>::second);
      if (before != nullptr && then_side != sides_then.end()) {
        found = compare_side(*before, then_side->first, workload, now_side, now.by);
      } else {
        found.not_compared = "it was not there";
      }
      found.workload = workload.name;
      found.backend = backend;
      all.push_back(std::move(found));
    }
  }
  return all;
}

void write_table(std::ostream& to, const session_result& then,
                 const std::vector<since_baseline>& found) {
  using row = std::array<std::string, 5>;
  std::vector<row> rows{{"workload", "backend", "measured", "change", "verdict"}};
  for (const since_baseline& one : found) {
    const bool compared = one.not_compared.empty();
    rows.push_back({one.workload, one.backend, std::string(to_string(one.found.by)),
                    compared ? detail::change(one.found.found) : "-", verdict_text(one)});
  }
  std::array<std::size_t, std::tuple_size_v<row> - 1> widths{};
  for (const row& cells : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], cells[i].size());
  }
  to << "Since " << then.began << ", each backend against itself:\n";
  for (const row& cells : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      to << cells[i] << std::string(widths[i] - cells[i].size() + 2, ' ');
    }
    to << cells.back() << '\n';
  }
}

}  // namespace crossfade::ab
