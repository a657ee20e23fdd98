#include "benchmarks/ab/results.hpp"

namespace crossfade::ab {
namespace {

double in_ns(duration d) { return static_cast<double>(d.count()); }

/// Of what the run's operations took together.
std::optional<double> by_thing(double all, const run_record& run, std::size_t things) {
  if (run.operations == 0) return {};
  return all / static_cast<double>(run.operations) / static_cast<double>(things);
}

std::optional<double> latency_of(duration quantile, const run_record& run) {
  if (run.operations + run.unfinished == 0) return {};
  return in_ns(quantile);
}

}  // namespace

std::vector<figure> all_figures() {
  return {
      figure::time,        figure::latency_p50, figure::latency_p99,      figure::cpu,
      figure::allocations, figure::resident,    figure::context_switches, figure::loop_delay_p99};
}

std::string_view to_string(figure of) noexcept {
  switch (of) {
    case figure::time:
      return "time";
    case figure::latency_p50:
      return "latency p50";
    case figure::latency_p99:
      return "latency p99";
    case figure::cpu:
      return "cpu";
    case figure::allocations:
      return "allocations";
    case figure::resident:
      return "resident";
    case figure::context_switches:
      return "context switches";
    case figure::loop_delay_p99:
      return "loop delay p99";
  }
  return {};
}

std::string_view unit(figure of) noexcept {
  switch (of) {
    case figure::time:
    case figure::latency_p50:
    case figure::latency_p99:
    case figure::cpu:
    case figure::loop_delay_p99:
      return "ns";
    case figure::resident:
      return "bytes";
    case figure::allocations:
    case figure::context_switches:
      return "";
  }
  return {};
}

std::optional<double> value(const run_record& of, figure what, std::size_t things) {
  switch (what) {
    case figure::time:
      return by_thing(in_ns(of.took), of, things);
    case figure::latency_p50:
      return latency_of(of.latency_p50, of);
    case figure::latency_p99:
      return latency_of(of.latency_p99, of);
    case figure::cpu:
      return by_thing(in_ns(of.cpu), of, things);
    case figure::allocations:
      return by_thing(static_cast<double>(of.allocations), of, things);
    case figure::resident:
      return static_cast<double>(of.resident_bytes);
    case figure::context_switches:
      return by_thing(static_cast<double>(of.context_switches), of, things);
    case figure::loop_delay_p99:
      return in_ns(of.loop_delay_p99);
  }
  return {};
}

}  // namespace crossfade::ab
