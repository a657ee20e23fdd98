#include "portfoliod/metrics.hpp"

#include "portfoliod/observer.hpp"
#include "portfoliod/seconds.hpp"

#include "flags/stage.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace portfoliod {

namespace xf = crossfade;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

using families = std::vector<MetricFamily>;
using labels = std::vector<prometheus::ClientMetric::Label>;

MetricFamily counter(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricType::Counter, {}};
}

MetricFamily gauge(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricType::Gauge, {}};
}

template <class Number>
void add(MetricFamily& to, labels which, Number value) {
  prometheus::ClientMetric sample;
  sample.label = std::move(which);
  auto& place = to.type == MetricType::Counter ? sample.counter.value : sample.gauge.value;
  place = static_cast<double>(value);
  to.metric.push_back(std::move(sample));
}

template <class Number>
MetricFamily alone(MetricFamily family, Number value) {
  add(family, {}, value);
  return family;
}

labels of(const xf::subsystem& system) { return {{"subsystem", std::string(system.name())}}; }

labels of(const xf::subsystem& system, std::string_view backend) {
  return {{"subsystem", std::string(system.name())}, {"backend", std::string(backend)}};
}

void add_tasks(families& all, const observer& watch) {
  using counters = xf::backend_counters;
  const std::pair<MetricFamily, std::uint64_t counters::*> columns[] = {
      {gauge("crossfade_tasks_live", "Tasks that have not ended."), &counters::live},
      {counter("crossfade_tasks_spawned_total", "Tasks started."), &counters::spawned},
      {counter("crossfade_tasks_failed_total", "Tasks that ended with an exception."),
       &counters::failed},
      {counter("crossfade_tasks_cancelled_total", "Tasks that ended cancelled."),
       &counters::cancelled},
      {counter("crossfade_task_waits_total", "Times that tasks which have ended waited."),
       &counters::waits},
  };
  for (const auto& [column, value] : columns) {
    MetricFamily& family = all.emplace_back(column);
    for (const observer::watched& each : watch.subsystems()) {
      for (const counters& c : each.system.counters()) {
        add(family, of(each.system, c.backend), c.*value);
      }
    }
  }
}

void add_sides(families& all, const observer& watch) {
  using phase = xf::side_status::phase;
  MetricFamily& family = all.emplace_back(
      gauge("crossfade_switch_sides", "States that a subsystem keeps for its tasks, by phase."));
  for (const observer::watched& each : watch.subsystems()) {
    if (!each.sides) continue;
    const std::vector<xf::side_status> sides = each.sides();
    for (const xf::backend& on : each.system.owner().backends()) {
      for (const phase in : {phase::serving, phase::draining, phase::closing}) {
        labels which = of(each.system, on.name());
        which.push_back({"phase", std::string(xf::to_string(in))});
        add(family, std::move(which),
            std::count_if(sides.begin(), sides.end(), [&](const xf::side_status& side) {
              return side.backend == on.name() && side.now == in;
            }));
      }
    }
  }
}

void add_shadows(families& all, const observer& watch) {
  using counters = xf::shadow_counters;
  const std::pair<const char*, std::uint64_t counters::*> outcomes[] = {
      {"equal", &counters::equal},
      {"different", &counters::different},
      {"late", &counters::late},
      {"over_budget", &counters::over_budget},
  };
  MetricFamily calls = counter("crossfade_shadow_calls_total",
                               "Calls that a shadow was to repeat, by what came of it.");
  MetricFamily served = counter("crossfade_shadow_served_seconds_total",
                                "What the calls took whose repeats were compared.");
  MetricFamily repeated =
      counter("crossfade_shadow_repeated_seconds_total", "What those repeats took.");
  for (const observer::watched& each : watch.subsystems()) {
    if (each.repeats == nullptr) continue;
    const counters& counted = each.repeats->counters();
    for (const auto& [outcome, value] : outcomes) {
      labels which = of(each.system);
      which.push_back({"outcome", outcome});
      add(calls, std::move(which), counted.*value);
    }
    add(served, of(each.system), seconds(counted.served_in));
    add(repeated, of(each.system), seconds(counted.repeated_in));
  }
  for (MetricFamily* family : {&calls, &served, &repeated}) all.push_back(std::move(*family));
}

void add_stalls(families& all, const observer& watch) {
  MetricFamily count = counter("crossfade_stalls_total",
                               "Turns that kept the loop; allowed says why, if they were to.");
  MetricFamily longest = gauge("crossfade_stall_longest_seconds", "The longest of them.");
  for (const xf::stall_counters& c : watch.stall_counters()) {
    const labels which{{"subsystem", c.subsystem}, {"backend", c.backend}, {"allowed", c.allowed}};
    add(count, which, c.count);
    add(longest, which, seconds(c.longest));
  }
  all.push_back(std::move(count));
  all.push_back(std::move(longest));
}

void add_choices(families& all, const observer& watch) {
  MetricFamily& chosen = all.emplace_back(
      gauge("crossfade_flag_chosen", "1 for the backend of new tasks that are for nobody."));
  for (const observer::watched& each : watch.subsystems()) {
    const std::string_view now = each.system.chosen().name();
    for (const xf::backend& on : each.system.owner().backends()) {
      add(chosen, of(each.system, on.name()), on.name() == now);
    }
  }
}

void add_flag_file(families& all, const observer& watch) {
  if (watch.flag_file() == nullptr) return;
  const xf::flags::file_status status = watch.flag_file()->status();
  const auto in_force = watch.flag_file()->current();
  all.push_back(
      alone(gauge("crossfade_flags_generation", "Effective changes so far."), status.generation));
  all.push_back(
      alone(counter("crossfade_flags_refusals_total", "States of the flag file that were refused."),
            status.refusals));
  all.push_back(alone(
      gauge("crossfade_flags_file_in_force", "Whether the flag file, as it is now, is in force."),
      !status.error));
  all.push_back(alone(gauge("crossfade_flags_kill_switch", "Whether a flag is killed."),
                      !status.killed.covers_nothing()));

  MetricFamily killed = gauge("crossfade_flag_killed", "Whether the kill switch covers it.");
  MetricFamily share = gauge("crossfade_flag_coro_ratio",
                             "The share of accounts that coro gets, where a rule of one's own "
                             "does not decide.");
  for (const observer::watched& each : watch.subsystems()) {
    const xf::flags::flag* flag = in_force->find(each.system.name());
    if (flag == nullptr) continue;
    add(killed, of(each.system), flag->decided_by == xf::flags::authority::kill_switch);
    if (!each.by_account) continue;
    if (const auto coro = xf::flags::progress_of(*flag).coro) {
      add(share, of(each.system), coro->percent() / 100);
    }
  }
  all.push_back(std::move(killed));
  all.push_back(std::move(share));
}

}  // namespace

std::string metrics_text(const observer& watch) {
  families all;
  add_tasks(all, watch);
  for (MetricFamily& family : watch.times().collect()) all.push_back(std::move(family));
  add_choices(all, watch);
  add_flag_file(all, watch);
  add_sides(all, watch);
  add_shadows(all, watch);
  add_stalls(all, watch);
  std::erase_if(all, [](const MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace portfoliod
