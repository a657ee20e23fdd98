#include <cstddef>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/sleep.hpp"
#include "compat/task_group.hpp"

namespace crossfade::workloads {
namespace {

class spawn_fan_out final : public ab::workload {
 public:
  explicit spawn_fan_out(std::size_t children) : children_(children) {}

  task<> operate(ab::caller /*by*/) override {
    std::size_t sum = 0;
    // All of them live at the same time: the first ends when the last has begun.
    auto child = [&sum](std::size_t number) -> task<> {
      co_await checkpoint();
      sum += number;
    };
    auto all = [&](task_group& group) {
      for (std::size_t n = 1; n <= children_; ++n) group.spawn(child, n);
    };
    co_await with_task_group(all);
    require_equal("the sum of the children", sum, children_ * (children_ + 1) / 2);
  }

 private:
  const std::size_t children_;
};

}  // namespace

void add_spawn(ab::suite& to) {
  const auto add = [&](const char* name, const char* description, std::size_t children) {
    to.add<spawn_fan_out>(
        {.name = name, .description = description, .things = children, .thing = "spawn"}, children);
  };
  add("spawn_fan_out/small", "spawn 100 tasks and join them", 100);
  add("spawn_fan_out/large", "spawn 1,000 tasks and join them", 1'000);
}

}  // namespace crossfade::workloads
