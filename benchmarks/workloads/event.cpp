#include "compat/event.hpp"

#include <cstddef>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/task_group.hpp"

namespace crossfade::workloads {
namespace {

constexpr std::size_t rounds = 10;

class event_broadcast final : public ab::workload {
 public:
  explicit event_broadcast(std::size_t waiters) : waiters_(waiters) {}

  task<> operate(ab::caller /*by*/) override {
    event go;
    event all_wait;
    std::size_t arrived = 0;
    std::size_t woken = 0;
    auto waiter = [&]() -> task<> {
      for (std::size_t n = 0; n < rounds; ++n) {
        if (++arrived % waiters_ == 0) all_wait.set();
        co_await go.wait();
        ++woken;
      }
    };
    auto all = [&](task_group& group) -> task<> {
      for (std::size_t n = 0; n < waiters_; ++n) group.spawn(waiter);
      for (std::size_t n = 0; n < rounds; ++n) {
        co_await all_wait.wait();
        require_equal("tasks that were woken", woken, n * waiters_);
        all_wait.clear();
        go.set();
        go.clear();
      }
    };
    co_await with_task_group(all);
    require_equal("tasks that were woken", woken, rounds * waiters_);
  }

 private:
  const std::size_t waiters_;
};

}  // namespace

void add_event(ab::suite& to) {
  const auto add = [&](const char* name, const char* description, std::size_t waiters) {
    to.add<event_broadcast>(
        {.name = name, .description = description, .things = rounds * waiters, .thing = "wake"},
        waiters);
  };
  add("event_broadcast/small", "set an event for 20 tasks that wait, 10 times", 20);
  add("event_broadcast/large", "set an event for 1,000 tasks that wait, 10 times", 1'000);
}

}  // namespace crossfade::workloads
