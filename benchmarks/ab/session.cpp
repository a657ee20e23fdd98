#include "benchmarks/ab/session.hpp"

#include "benchmarks/ab/detail/load_generator.hpp"
#include "benchmarks/ab/detail/run_values.hpp"

#include "compat/cleanup.hpp"
#include "compat/errors.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"
#include "flags/statistics/planning.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <exception>
#include <limits>
#include <random>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace crossfade::ab {
namespace {

using detail::run_outcome;
using detail::run_plan;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr verdict nothing_known{.ratio = {0, 1, infinity}};
constexpr std::size_t fewest_compared = 10;

std::string iso_time(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, sizeof "2000-01-01T00:00:00Z"> text{};
  std::strftime(text.data(), text.size(), "%FT%TZ", &utc);
  return text.data();
}

void require(bool holds, const std::string& what_is) {
  if (!holds) throw std::invalid_argument("a plan with " + what_is);
}

std::string in_seconds(duration d) {
  return std::to_string(std::chrono::duration<double>(d).count()) + " s";
}

void check(const plan& p) {
  require(p.run > duration::zero(), "runs of " + in_seconds(p.run) + "; expected more than none");
  require(p.warm_up >= duration::zero(),
          "a warm-up of " + in_seconds(p.warm_up) + "; expected none or more");
  require(p.each > duration::zero(),
          in_seconds(p.each) + " for each workload; expected more than none");
  require(p.by.effect > 0 && std::isfinite(p.by.effect),
          "an effect of " + std::to_string(p.by.effect) + "; expected one above 0");
  require(p.by.confidence > 0 && p.by.confidence < 1,
          "a confidence of " + std::to_string(p.by.confidence) + "; expected one between 0 and 1");
  for (const std::string& name : {p.baseline, p.candidate})
    require(name == "fiber" || name == "coro", "the backend " + name + "; expected fiber or coro");
}

void check(const load& l, const std::optional<figure>& decided_by) {
  require(std::isfinite(l.rate) && l.rate >= 0,
          "a rate of " + std::to_string(l.rate) + "; expected none, or one above 0");
  require(l.is_open() || l.workers > 0, "a closed load of 0 workers; expected at least 1");
  require(!(l.is_open() && decided_by == figure::time),
          "an open load decided by time, which is the load's own; expected a latency");
}

/// Says for which workload and backend something failed.
[[noreturn]] void fail_with(const registered_workload& of, std::string_view backend,
                            const char* what) {
  const std::exception_ptr error = std::current_exception();
  std::throw_with_nested(std::runtime_error("the workload " + of.name + " cannot be " + what +
                                            " on " + std::string(backend) + ": " +
                                            describe(error)));
}

/// There is no ratio with 0. Ranks are what they were.
void lift_zeros(std::vector<double>& baseline, std::vector<double>& candidate) {
  double least = infinity;
  for (const auto* values : {&baseline, &candidate}) {
    for (const double v : *values) {
      if (v > 0) least = std::min(least, v);
    }
  }
  const double lifted = std::isfinite(least) ? least / 2 : 1;
  for (auto* values : {&baseline, &candidate}) std::ranges::replace(*values, 0.0, lifted);
}

/// One workload's part of a session.
class trial {
 public:
  trial(const plan& how, const registered_workload& of, std::uint64_t number,
        std::function<void(phase, std::size_t run, std::size_t runs)> on_run)
      : plan_(how), of_(of), on_run_(std::move(on_run)), order_(how.seed + number) {
    result_.name = of.name;
    result_.description = of.description;
    result_.thing = of.thing;
    result_.things = of.things;
    result_.under = how.under.value_or(of.usual);
    decided_by_ =
        how.decided_by.value_or(result_.under.is_open() ? figure::latency_p50 : figure::time);
  }

  workload_result run() {
    for (const std::string& backend : {plan_.baseline, plan_.candidate}) {
      run_outcome warm;
      run_once(backend, warm);
    }
    const std::size_t least = statistics::least_values(plan_.by.confidence);
    run_pairs(phase::calibration, std::max(least, pairs_in(plan_.each / 4)));
    result_.calibration = judged(phase::calibration, decided_by_).found;
    run_pairs(phase::comparison,
              std::max(least, std::min(wanted_pairs(), pairs_in(plan_.each - spent_))));
    conclude();
    return std::move(result_);
  }

 private:
  /// What went wrong on one side, over all judged runs.
  struct troubles {
    std::uint64_t operations = 0;
    std::uint64_t failed = 0;
    std::uint64_t unfinished = 0;
    std::string first_error;
  };

  std::size_t pairs_in(duration time) const {
    const duration pair = spent_ / static_cast<duration::rep>(runs_made_) * 2;
    return time <= duration::zero() ? 0 : static_cast<std::size_t>(time / pair);
  }

  /// With bounds half the effect from the estimate, either 1 or what matters is beyond them.
  std::size_t wanted_pairs() const {
    const verdict& seen = result_.calibration;
    const statistics::interval logs{std::log(seen.ratio.low), std::log(seen.ratio.estimate),
                                    std::log(seen.ratio.high)};
    if (!std::isfinite(logs.low) || !std::isfinite(logs.high))
      return std::numeric_limits<std::size_t>::max();
    return std::max(fewest_compared,
                    statistics::values_for(logs, seen.runs, std::log1p(plan_.by.effect) / 2,
                                           plan_.by.confidence));
  }

  void run_pairs(phase in, std::size_t pairs) {
    for (std::size_t i = 0; i < pairs; ++i) {
      const side first = order_() % 2 == 0 ? side::baseline : side::candidate;
      const side second = first == side::baseline ? side::candidate : side::baseline;
      ++load_seed_;  // both of a pair are asked for the same at the same times
      on_run_(in, 2 * i + 1, 2 * pairs);
      run_judged(in, first);
      on_run_(in, 2 * i + 2, 2 * pairs);
      run_judged(in, second);
    }
  }

  void run_judged(phase in, side of) {
    const bool is_candidate = in == phase::comparison && of == side::candidate;
    run_outcome outcome;
    outcome.record.in = in;
    outcome.record.of = of;
    outcome.record.began = spent_;
    run_once(is_candidate ? plan_.candidate : plan_.baseline, outcome);
    result_.runs.push_back(outcome.record);
    if (in == phase::comparison)
      (is_candidate ? result_.candidate_latency : result_.baseline_latency).add(outcome.latencies);
    troubles& seen = is_candidate ? candidate_troubles_ : baseline_troubles_;
    seen.operations += outcome.record.operations;
    seen.failed += outcome.record.failed;
    seen.unfinished += outcome.record.unfinished;
    if (seen.first_error.empty()) seen.first_error = outcome.first_error;
  }

  void run_once(const std::string& name, run_outcome& into) {
    const auto began = std::chrono::steady_clock::now();
    loop on(plan_.loops);
    const time_point began_there = on.now();
    fiber_backend::backend fiber(on);
    coro_backend::backend coro(on);
    backend& carrier = name == fiber.name() ? static_cast<backend&>(fiber) : coro;
    std::unique_ptr<workload> made;
    try {
      made = of_.make(carrier);
    } catch (...) {
      fail_with(of_, name, "made");
    }
    on.run(carrier, [&]() -> task<> { co_await operate(on, *made, name, into); });
    spent_ += plan_.loops.virtual_time ? on.now() - began_there
                                       : duration(std::chrono::steady_clock::now() - began);
    ++runs_made_;
  }

  task<> operate(loop& on, workload& made, const std::string& name, run_outcome& into) {
    try {
      co_await made.set_up();
    } catch (const cancelled&) {
      throw;
    } catch (...) {
      fail_with(of_, name, "set up");
    }
    const run_plan how{result_.under, plan_.warm_up, plan_.run, plan_.seed + load_seed_};
    auto measured = [&]() -> task<> { co_await detail::generate_load(on, made, how, into); };
    auto after = [&]() -> task<> {
      try {
        co_await made.tear_down();
      } catch (const cancelled&) {
        throw;
      } catch (...) {
        fail_with(of_, name, "torn down");
      }
    };
    co_await try_finally(measured, after);
  }

  comparison judged(phase in, figure by) const {
    std::vector<double> baseline = detail::values_of(result_, in, side::baseline, by);
    std::vector<double> candidate = detail::values_of(result_, in, side::candidate, by);
    comparison found{.by = by, .found = nothing_known};
    if (baseline.empty() || candidate.empty()) return found;
    found.baseline = detail::median(baseline);
    found.candidate = detail::median(candidate);
    lift_zeros(baseline, candidate);
    found.found = judge(baseline, candidate, plan_.by);
    return found;
  }

  void conclude() {
    for (const figure by : all_figures()) {
      if (by == figure::time && result_.under.is_open()) continue;  // it is the load's
      const comparison found = judged(phase::comparison, by);
      if (found.found.runs > 0) result_.figures.push_back(found);
    }
    result_.decided = judged(phase::comparison, decided_by_);
    const outcome alike = result_.calibration.kind;
    if (alike == outcome::better || alike == outcome::worse) {
      undecided("The calibration tells " + plan_.baseline + " from itself, by " +
                std::string(to_string(decided_by_)) + ": something else than the backend differs.");
    }
    note_troubles(plan_.baseline, baseline_troubles_);
    note_troubles(plan_.candidate, candidate_troubles_);
  }

  void note_troubles(const std::string& backend, const troubles& seen) {
    const std::string of_all = " of " + std::to_string(seen.operations) + " operations";
    if (seen.operations == 0) {
      undecided("No operation has ended on " + backend + ".");
    } else if (seen.failed == seen.operations) {
      undecided("All" + of_all + " failed on " + backend + "; the first: " + seen.first_error);
    } else if (seen.failed > 0) {
      note(std::to_string(seen.failed) + of_all + " failed on " + backend +
           "; the first: " + seen.first_error);
    }
    // At its end a load always has some under way.
    if (seen.operations > 0 && seen.unfinished > seen.operations / 10) {
      note(std::to_string(seen.unfinished) + " operations beside " +
           std::to_string(seen.operations) + " were not finished on " + backend +
           ": it is asked for more than it can do.");
    }
  }

  void undecided(const std::string& why) {
    result_.decided.found.kind = outcome::inconclusive;
    note(why);
  }

  void note(const std::string& text) { result_.note += (result_.note.empty() ? "" : " ") + text; }

  const plan& plan_;
  const registered_workload& of_;
  std::function<void(phase, std::size_t, std::size_t)> on_run_;
  std::mt19937_64 order_;
  std::uint64_t load_seed_ = 0;
  figure decided_by_{};
  workload_result result_;
  duration spent_{};  // on all runs so far, with what making a loop takes
  std::size_t runs_made_ = 0;
  troubles baseline_troubles_;
  troubles candidate_troubles_;
};

}  // namespace

session::session(plan how, std::function<void(const progress&)> on_progress)
    : plan_(std::move(how)), on_progress_(std::move(on_progress)) {
  check(plan_);
  if (plan_.under) check(*plan_.under, plan_.decided_by);
}

session_result session::run(const std::vector<const registered_workload*>& workloads) {
  for (const registered_workload* each : workloads)
    check(plan_.under.value_or(each->usual), plan_.decided_by);
  session_result found;
  found.where = this_environment();
  found.began = iso_time(std::chrono::system_clock::now());
  found.baseline = plan_.baseline;
  found.candidate = plan_.candidate;
  found.by = plan_.by;
  found.seed = plan_.seed;
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const registered_workload& each = *workloads[i];
    const auto on_run = [&](phase in, std::size_t run, std::size_t runs) {
      if (on_progress_) on_progress_({each.name, i + 1, workloads.size(), in, run, runs});
    };
    found.workloads.push_back(trial(plan_, each, i, on_run).run());
  }
  return found;
}

}  // namespace crossfade::ab
