#include "tool/live_comparison.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace crossfade::tool {
namespace {

void add(bucketed_values& to, const bucketed_values& more) {
  for (const auto& [bound, count] : more.at_most) to.at_most[bound] += count;
  to.sum += more.sum;
  to.count += more.count;
}

void add(served& to, const served& more) {
  add(to.ok, more.ok);
  to.failed += more.failed;
}

/// What has come since; unset if less is there than was.
std::optional<served> difference(const served& before, const served& now) {
  served since = now;
  for (const auto& [bound, count] : before.ok.at_most) {
    double& left = since.ok.at_most[bound];
    if ((left -= count) < 0) return std::nullopt;
  }
  since.ok.sum -= before.ok.sum;
  since.ok.count -= before.ok.count;
  since.failed -= before.failed;
  if (since.ok.sum < 0 || since.ok.count < 0 || since.failed < 0) return std::nullopt;
  return since;
}

statistics::count failures_of(const served& side) {
  return {static_cast<std::size_t>(side.failed), static_cast<std::size_t>(side.ended())};
}

const std::string& label_of(const histogram& series, const char* name) {
  const auto found = series.labels.find(name);
  if (found == series.labels.end()) {
    throw std::invalid_argument(std::string(root_task_family) + " has no label " + name +
                                "; expected one");
  }
  return found->second;
}

}  // namespace

bool live_result::is_worse() const noexcept {
  return (time && time->kind == ab::outcome::worse) || (more_failures && more_failures->low > 0);
}

std::string live_result::obstacle() const {
  if (time) return {};
  const bool on_fiber = fiber.ended() > 0;
  const bool on_coro = coro.ended() > 0;
  if (!on_fiber && !on_coro) return "nothing to compare: no task of " + subsystem + " ended";
  if (on_fiber && on_coro) {
    return "nothing to compare: tasks of " + subsystem +
           " never ended well on both sides within the same interval; try a longer --interval";
  }
  return "nothing to compare: all of " + subsystem + "'s tasks went to " +
         (on_fiber ? "fiber" : "coro") + "; roll out a percentage: crossfade flags rollout " +
         subsystem + " 50";
}

live_comparison::counters live_comparison::read(const std::vector<sample>& scraped) const {
  counters now;
  std::string names;
  const auto all = histograms_of(scraped, root_task_family);
  if (all.empty()) {
    throw std::invalid_argument("has no " + std::string(root_task_family) +
                                "; expected a service that shows this histogram");
  }
  for (const histogram& series : all) {
    const std::string& subsystem = label_of(series, "subsystem");
    auto& sides = now[subsystem];
    if (sides.empty()) names += (names.empty() ? "\"" : ", \"") + subsystem + '"';
    served& side = sides[label_of(series, "backend")];
    const auto outcome = series.labels.find("outcome");
    if (outcome == series.labels.end() || outcome->second == "ok") {
      add(side.ok, series.values);
    } else if (outcome->second == "failed") {
      side.failed += series.values.count;
    }
  }
  if (!wanted_.empty() && !now.contains(wanted_)) {
    throw std::invalid_argument("has no subsystem \"" + wanted_ + "\"; expected one of: " + names);
  }
  return now;
}

void live_comparison::observe(const std::vector<sample>& scraped) {
  counters now = read(scraped);
  const auto before = std::exchange(last_, now);
  if (!before) return;
  counters since = std::move(now);
  for (const auto& [subsystem, sides] : *before) {
    for (const auto& [backend, counted] : sides) {
      auto change = difference(counted, since[subsystem][backend]);
      if (!change) {
        ++restarts_;
        return;
      }
      since[subsystem][backend] = std::move(*change);
    }
  }
  for (auto& [subsystem, sides] : since) {
    watched& of = found_[subsystem];
    const served& fiber = sides["fiber"];
    const served& coro = sides["coro"];
    add(of.fiber, fiber);
    add(of.coro, coro);
    if (fiber.ok.sum > 0 && coro.ok.sum > 0 && fiber.ok.count > 0 && coro.ok.count > 0) {
      of.fiber_means.push_back(fiber.ok.sum / fiber.ok.count);
      of.coro_means.push_back(coro.ok.sum / coro.ok.count);
    }
  }
}

std::vector<live_result> live_comparison::judge(const ab::criterion& by) const {
  std::vector<live_result> all;
  for (const auto& [subsystem, of] : found_) {
    if (!wanted_.empty() && subsystem != wanted_) continue;
    live_result& one =
        all.emplace_back(live_result{subsystem, of.fiber, of.coro, of.fiber_means.size(), {}, {}});
    if (!of.fiber_means.empty()) one.time = ab::judge(of.fiber_means, of.coro_means, by);
    if (of.fiber.ended() > 0 && of.coro.ended() > 0) {
      one.more_failures =
          statistics::share_difference(failures_of(of.fiber), failures_of(of.coro), by.confidence);
    }
  }
  return all;
}

}  // namespace crossfade::tool
