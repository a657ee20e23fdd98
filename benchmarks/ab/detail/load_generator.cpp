#include "benchmarks/ab/detail/load_generator.hpp"

#include "benchmarks/ab/detail/meter.hpp"

#include "compat/errors.hpp"
#include "compat/event.hpp"
#include "compat/sleep.hpp"
#include "compat/task_group.hpp"
#include "compat/timeout.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <random>

namespace crossfade::ab::detail {
namespace {

// A worker whose operations never wait keeps the loop for no longer than this and one operation.
// After a turn that long the loop looks at its timers and at I/O, which takes microseconds; and it
// is short beside the timer that measures the loop's delay.
constexpr duration turn_length = std::chrono::microseconds(500);

/// What operations have come to.
class load_tally {
 public:
  explicit load_tally(run_outcome& into) : into_(into) {}

  void ended(duration took) {
    ++into_.record.operations;
    into_.latencies.record(took);
  }
  void unfinished(duration waited) {
    ++into_.record.unfinished;
    into_.latencies.record(waited);
  }
  void failed(const std::exception_ptr& error) {
    ++into_.record.failed;
    if (into_.first_error.empty()) into_.first_error = describe(error);
  }

 private:
  run_outcome& into_;
};

/// How many operations, or workers, are going on; and the wait for their end.
class going_on {
 public:
  void begin() noexcept { ++count_; }
  void end() noexcept {
    if (--count_ == 0) none_.set();
  }
  /// Waits until all have ended or the grace is over, which ends those that `group` has.
  task<> end_within(duration grace, task_group& group) {
    if (count_ == 0) co_return;
    none_.clear();
    auto wait = [this]() -> task<> { co_await none_.wait(); };
    try {
      co_await with_timeout(grace, wait);
    } catch (const timeout_error&) {
      group.cancel("its operations had not ended when time was over");
    }
  }

 private:
  std::size_t count_ = 0;
  event none_;
};

class closed_load {
 public:
  closed_load(loop& on, workload& of, std::size_t workers, duration grace)
      : loop_(on), workload_(of), workers_(workers), grace_(grace) {}

  /// Lets all workers operate for so long, and waits until they have ended.
  task<> operate_for(duration length, run_outcome& into) {
    part now{loop_.now() + length, load_tally(into), {}};
    auto body = [&](task_group& group) -> task<> {
      for (std::size_t i = 0; i < workers_; ++i) {
        now.working.begin();
        group.spawn([this, &now, i] { return work(i, now); });
      }
      co_await now.working.end_within(length + grace_, group);
    };
    co_await with_task_group(body);
  }

 private:
  /// The warm-up, or what is measured.
  struct part {
    const time_point end;
    load_tally tally;
    going_on working;
  };

  task<> work(std::size_t worker, part& of) {
    const caller by{worker, workers_};
    time_point began = loop_.now();
    time_point turn_began = began;
    while (began < of.end) {
      try {
        co_await workload_.operate(by);
      } catch (const cancelled&) {
        of.tally.unfinished(loop_.now() - began);
        throw;
      } catch (...) {
        of.tally.failed(std::current_exception());
      }
      const time_point ended = loop_.now();
      of.tally.ended(ended - began);
      began = ended;
      if (ended - turn_began >= turn_length) {
        co_await checkpoint();
        began = turn_began = loop_.now();
      }
    }
    of.working.end();
  }

  loop& loop_;
  workload& workload_;
  const std::size_t workers_;
  const duration grace_;
};

class open_load {
 public:
  open_load(loop& on, workload& of, const run_plan& how, run_outcome& into)
      : loop_(on), workload_(of), into_(into), tally_(into), grace_(how.grace) {
    const time_point first = loop_.now();
    measured_ = first + how.warm_up;
    end_ = measured_ + how.length;
    for (const duration at : arrivals(how.under.rate, how.warm_up + how.length, how.seed))
      operations_.push_back({first + at});
  }

  task<> run() {
    auto body = [this](task_group& group) -> task<> {
      co_await offer(group, measured_);
      {
        const meter used(loop_);
        co_await offer(group, end_);
        used.stop(into_.record);
      }
      close();
      co_await serving_.end_within(grace_, group);
    };
    co_await with_task_group(body);
  }

 private:
  struct operation {
    time_point due;
    bool ended = false;
  };

  /// Begins operations as they become due, until some time.
  task<> offer(task_group& group, time_point until) {
    for (; next_ < operations_.size() && operations_[next_].due < until; ++next_) {
      const time_point due = operations_[next_].due;
      if (loop_.now() < due) co_await sleep_until(due);
      // What the loop was too busy to begin in time is unfinished, not begun.
      if (loop_.now() >= end_) co_return;
      serving_.begin();
      group.spawn([this, i = next_] { return serve(i); });
    }
    if (loop_.now() < until) co_await sleep_until(until);
  }

  task<> serve(std::size_t number) {
    const caller by{number, 0};
    std::exception_ptr error;
    try {
      co_await workload_.operate(by);
    } catch (const cancelled&) {
      throw;
    } catch (...) {
      error = std::current_exception();
    }
    operation& self = operations_[number];
    self.ended = true;
    if (self.due >= measured_ && !closed_) {
      if (error != nullptr) tally_.failed(error);
      tally_.ended(loop_.now() - self.due);
    }
    serving_.end();
  }

  /// Time is over.
  void close() {
    closed_ = true;
    const time_point now = loop_.now();
    for (const operation& each : operations_) {
      if (each.due >= measured_ && !each.ended) tally_.unfinished(now - each.due);
    }
  }

  loop& loop_;
  workload& workload_;
  run_outcome& into_;
  load_tally tally_;
  const duration grace_;
  time_point measured_;
  time_point end_;
  std::vector<operation> operations_;
  std::size_t next_ = 0;
  bool closed_ = false;
  going_on serving_;
};

}  // namespace

std::vector<duration> arrivals(double rate, duration length, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(rate);
  std::vector<duration> found;
  double seconds = gap(random);
  const double end = std::chrono::duration<double>(length).count();
  for (; seconds < end; seconds += gap(random))
    found.push_back(std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds)));
  return found;
}

task<> generate_load(loop& on, workload& of, const run_plan& how, run_outcome& into) {
  if (how.under.is_open()) {
    open_load load(on, of, how, into);
    co_await load.run();
  } else {
    closed_load load(on, of, how.under.workers, how.grace);
    run_outcome warm;
    if (how.warm_up > duration::zero()) co_await load.operate_for(how.warm_up, warm);
    const meter used(on);
    co_await load.operate_for(how.length, into);
    used.stop(into.record);
  }
  into.record.latency_p50 = into.latencies.quantile(0.5);
  into.record.latency_p99 = into.latencies.quantile(0.99);
  into.record.latency_max = into.latencies.max();
}

}  // namespace crossfade::ab::detail
