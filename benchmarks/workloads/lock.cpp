#include "compat/lock.hpp"

#include <cstddef>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/sleep.hpp"
#include "compat/task_group.hpp"

namespace crossfade::workloads {
namespace {

constexpr std::size_t holds_of_each = 20;

class lock_contention final : public ab::workload {
 public:
  explicit lock_contention(std::size_t tasks) : tasks_(tasks) {}

  task<> operate(ab::caller /*by*/) override {
    lock shared;
    std::size_t count = 0;
    auto worker = [&]() -> task<> {
      for (std::size_t n = 0; n < holds_of_each; ++n) {
        const auto guard = co_await shared.acquire();
        const std::size_t before = count;
        co_await checkpoint();  // the others come and wait
        count = before + 1;
      }
    };
    auto all = [&](task_group& group) {
      for (std::size_t n = 0; n < tasks_; ++n) group.spawn(worker);
    };
    co_await with_task_group(all);
    require_equal("the count under the lock", count, tasks_ * holds_of_each);
  }

 private:
  const std::size_t tasks_;
};

}  // namespace

void add_lock(ab::suite& to) {
  const auto add = [&](const char* name, const char* description, std::size_t tasks) {
    to.add<lock_contention>({.name = name,
                             .description = description,
                             .things = tasks * holds_of_each,
                             .thing = "hold"},
                            tasks);
  };
  add("lock_contention/small", "10 tasks hold one lock, each 20 times", 10);
  add("lock_contention/large", "500 tasks hold one lock, each 20 times", 500);
}

}  // namespace crossfade::workloads
