#pragma once

#include "compat/backend.hpp"
#include "compat/subsystem.hpp"

#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <functional>
#include <string>
#include <vector>

namespace portfoliod {

/// How long root tasks took, for each subsystem and backend: what `crossfade ab --attach` compares
/// while both serve. Those that failed are counted apart, cancelled ones not at all: how long they
/// take is up to others.
///
/// Threads: the loop's only. Lifetime: outlives the subsystems that it watches.
class root_times {
 public:
  /// For `subsystem_options::on_ended` of the subsystem of that name. The series of these backends
  /// are there from now on, at zero.
  std::function<void(const crossfade::ended_root&)> watching(
      const std::string& subsystem,
      const std::vector<std::reference_wrapper<crossfade::backend>>& on);

  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Histogram>& family_ =
      prometheus::BuildHistogram()
          .Name("crossfade_root_task_seconds")
          .Help("What root tasks took from their spawn to their end, by what came of them.")
          .Register(registry_);
};

}  // namespace portfoliod
