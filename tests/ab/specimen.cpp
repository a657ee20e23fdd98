#include "specimen.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

namespace crossfade::ab {
namespace {

using std::chrono::milliseconds;

duration nanoseconds(double ns) { return duration(static_cast<duration::rep>(ns)); }

verdict judged(const workload_result& of, phase in, figure what) {
  std::array<std::vector<double>, 2> values;
  for (const run_record& run : of.runs) {
    if (run.in == in) values.at(run.of == side::baseline ? 0 : 1).push_back(*value(run, what, 1));
  }
  return judge(values[0], values[1]);
}

double median(const workload_result& of, side which, figure what) {
  std::vector<double> values;
  for (const run_record& run : of.runs) {
    if (run.in == phase::comparison && run.of == which) values.push_back(*value(run, what, 1));
  }
  std::ranges::sort(values);
  return values.at(values.size() / 2);
}

class maker {
 public:
  explicit maker(const specimen_workload& how) : how_(how) {}

  workload_result make() {
    result_.name = how_.name;
    result_.description = "made up, to show what a report shows";
    result_.thing = "request";
    result_.under = how_.under;
    add_runs(phase::calibration, how_.runs / 3);
    add_runs(phase::comparison, how_.runs);
    const figure deciding = how_.under.is_open() ? figure::latency_p50 : figure::time;
    result_.calibration = judged(result_, phase::calibration, deciding);
    for (const figure what : all_figures()) {
      result_.figures.push_back({what, median(result_, side::baseline, what),
                                 median(result_, side::candidate, what),
                                 judged(result_, phase::comparison, what)});
      if (what == deciding) result_.decided = result_.figures.back();
    }
    return std::move(result_);
  }

 private:
  void add_runs(phase in, std::size_t pairs) {
    for (std::size_t i = 0; i < pairs; ++i) {
      const bool swapped = random_() % 2 == 0;
      add_run(in, swapped ? side::candidate : side::baseline);
      add_run(in, swapped ? side::baseline : side::candidate);
    }
  }

  void add_run(phase in, side of) {
    const bool slower = in == phase::comparison && of == side::candidate;
    const double each =
        how_.nanoseconds * (slower ? how_.factor : 1) * std::exp(how_.spread * normal_(random_));
    latency_histogram latency;
    constexpr std::size_t sampled = 200;
    for (std::size_t i = 0; i < sampled; ++i) {
      const double tail = random_() % 100 == 0 ? 12 : 1;
      latency.record(nanoseconds(each * tail * std::exp(0.2 * normal_(random_))));
    }
    const std::uint64_t operations = static_cast<std::uint64_t>(50e6 / each);  // of 50 ms
    result_.runs.push_back({.in = in,
                            .of = of,
                            .began = now_,
                            .took = milliseconds(50),
                            .operations = operations,
                            .failed = 0,
                            .cpu = milliseconds(48),
                            .allocations = operations * (slower ? 3 : 1),
                            .resident_bytes = 12345678,
                            .context_switches = 40 + random_() % 20,
                            .loop_delay_p99 = nanoseconds(80e3 + 1e3 * each),
                            .loop_delay_max = nanoseconds(3e6),
                            .latency_p50 = latency.quantile(0.5),
                            .latency_p99 = latency.quantile(0.99),
                            .latency_max = latency.max(),
                            .unfinished = how_.under.is_open() ? 2U : 0U});
    if (in == phase::comparison) {
      (of == side::baseline ? result_.baseline_latency : result_.candidate_latency).add(latency);
    }
    now_ += milliseconds(62);
  }

  specimen_workload how_;
  workload_result result_;
  std::mt19937 random_{7};
  std::normal_distribution<double> normal_;
  duration now_{};
};

session_result empty_session() {
  return {.where = {.cpu = "A Processor @ 3.00GHz",
                    .cpus = 2,
                    .memory_bytes = 8'000'000'000,
                    .kernel = "Linux 6.1.0",
                    .compiler = "g++ 12.2.0",
                    .build = "release",
                    .version = "0.1.0",
                    .boost = "1_81",
                    .host = "7d5d0a3e-9f0b-5a6c-8f6e-1d2c3b4a5968"},
          .began = "2026-11-30T12:00:00Z",
          .baseline = "fiber",
          .candidate = "coro",
          .by = {},
          .seed = 18446744073709551615U,
          .workloads = {},
          .notes = {}};
}

session_result all_outcomes() {
  session_result session = empty_session();
  session.workloads = {
      made_up({.name = "spawn_join/small", .factor = 0.72}),
      made_up({.name = "queue_pipeline/small", .factor = 0.99, .spread = 0.01}),
      made_up({.name = "http_requests/keep_alive",
               .factor = 1.13,
               .nanoseconds = 45e3,
               .under = {.rate = 20e3}}),
      made_up({.name = "database/read", .factor = 1.02, .spread = 0.2, .runs = 12}),
      made_up(
          {.name = "deep_recursion", .factor = 4.2, .nanoseconds = 5e6, .under = {.workers = 8}}),
  };
  session.workloads[2].note = "3 operations failed on coro: connection reset";
  session.workloads[2].runs.back().failed = 3;
  return session;
}

}  // namespace

workload_result made_up(const specimen_workload& how) { return maker(how).make(); }

const session_result& specimen() {
  static const session_result session = all_outcomes();
  return session;
}

session_result without_runs() {
  session_result session = empty_session();
  workload_result& failed = session.workloads.emplace_back();
  failed.name = "unreachable";
  failed.thing = "request";
  failed.decided.found = {};
  failed.calibration = {};
  failed.note = "all operations failed: connection refused";
  failed.runs.resize(2);
  failed.runs[1].of = side::candidate;
  for (run_record& run : failed.runs) {
    run.took = milliseconds(50);
    run.operations = run.failed = 1000;
  }
  return session;
}

session_result hostile() {
  session_result session = specimen();
  session.candidate = "<b>\"coro\"&'";
  session.where.cpu = "]]><script>alert(1)</script>";
  session.notes = {"</p><script>alert(2)</script>", "a & b"};
  workload_result& of = session.workloads.front();
  of.name = "</title></style><script>alert('&amp;')</script>\x01";
  of.description = "\"><img src=x onerror=alert(1)>";
  of.thing = "<i>";
  of.note = "a & b < c \"d\" 'e'";
  return session;
}

}  // namespace crossfade::ab
