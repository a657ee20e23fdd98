#include <chrono>
#include <cstddef>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/errors.hpp"
#include "compat/event.hpp"
#include "compat/sleep.hpp"
#include "compat/task_group.hpp"
#include "compat/timeout.hpp"

namespace crossfade::workloads {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t one_fires_of = 50;
constexpr std::size_t calls_of_each = 20;

// That of a timer which never fires. Different ones, as in life.
duration long_time(std::size_t number) {
  return 1h + 7ms * static_cast<std::chrono::milliseconds::rep>(number % 997);
}

// Many timers at the same time: tasks that wait for an answer, which comes when those that wait in
// vain have given up.
class armed_timers final : public ab::workload {
 public:
  explicit armed_timers(std::size_t timers) : timers_(timers) {}

  task<> operate(ab::caller /*by*/) override {
    const std::size_t firing = timers_ / one_fires_of;
    event answer;
    event never;
    std::size_t answered = 0;
    std::size_t expired = 0;
    auto waiter = [&](std::size_t number) -> task<> {
      const bool fires = number % one_fires_of == 0;
      event& awaited = fires ? never : answer;
      auto wait = [&awaited]() -> task<> { co_await awaited.wait(); };
      try {
        co_await with_timeout(fires ? 1us : long_time(number), wait);
        ++answered;
      } catch (const timeout_error&) {
        if (++expired == firing) answer.set();
      }
    };
    auto all = [&](task_group& group) {
      for (std::size_t n = 0; n < timers_; ++n) group.spawn(waiter, n);
    };
    co_await with_task_group(all);
    require_equal("timers that fired", expired, firing);
    require_equal("timers that did not", answered, timers_ - firing);
  }

 private:
  const std::size_t timers_;
};

// One timer after the other, in several tasks.
class timeouts final : public ab::workload {
 public:
  explicit timeouts(std::size_t tasks) : tasks_(tasks) {}

  task<> operate(ab::caller /*by*/) override {
    std::size_t done = 0;
    auto work = [&done]() -> task<> {
      co_await checkpoint();
      ++done;
    };
    auto caller = [&](std::size_t number) -> task<> {
      for (std::size_t n = 0; n < calls_of_each; ++n) {
        co_await with_timeout(long_time(number + n), work);
      }
    };
    auto all = [&](task_group& group) {
      for (std::size_t n = 0; n < tasks_; ++n) group.spawn(caller, n);
    };
    co_await with_task_group(all);
    require_equal("calls", done, tasks_ * calls_of_each);
  }

 private:
  const std::size_t tasks_;
};

}  // namespace

void add_timers(ab::suite& to) {
  const auto add_armed = [&](const char* name, const char* description, std::size_t timers) {
    to.add<armed_timers>(
        {.name = name, .description = description, .things = timers, .thing = "timer"}, timers);
  };
  add_armed("armed_timers/small", "100 tasks wait with a timeout, of which 2 expire", 100);
  add_armed("armed_timers/large", "2,000 tasks wait with a timeout, of which 40 expire", 2'000);
  const auto add_timeouts = [&](const char* name, const char* description, std::size_t tasks) {
    to.add<timeouts>({.name = name,
                      .description = description,
                      .things = tasks * calls_of_each,
                      .thing = "call"},
                     tasks);
  };
  add_timeouts("timeouts/small", "10 tasks call with a timeout, each 20 times; none expires", 10);
  add_timeouts("timeouts/large", "500 tasks call with a timeout, each 20 times; none expires", 500);
}

}  // namespace crossfade::workloads
