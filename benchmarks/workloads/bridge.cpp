#include <cstddef>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/loop.hpp"
#include "compat/on_fiber.hpp"
#include "compat/sleep.hpp"
#include "compat/task_group.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::workloads {
namespace {

// A coroutine calls blocking text, which calls a coroutine, and so on. Gives how often.
task<std::size_t> call_to_and_fro(std::size_t levels) {
  if (levels == 0) {
    co_await checkpoint();
    co_return 0;
  }
  auto blocking = [levels] { return await(call_to_and_fro(levels - 1)); };
  const std::size_t below = co_await on_fiber(blocking);
  co_return below + 1;
}

class cross_calls final : public ab::workload {
 public:
  cross_calls(std::size_t levels, std::size_t calls) : levels_(levels), calls_(calls) {}

  task<> operate(ab::caller /*by*/) override {
    for (std::size_t n = 0; n < calls_; ++n) {
      const std::size_t reached = co_await call_to_and_fro(levels_);
      require_equal("levels of calls", reached, levels_);
    }
  }

 private:
  const std::size_t levels_;
  const std::size_t calls_;
};

// Tasks of one backend that are spawned and joined by a task of the other.
class cross_spawn final : public ab::workload {
 public:
  cross_spawn(backend& on, std::size_t children) : on_(on), children_(children) {}

  task<> set_up() override {
    other_ = on_.has_stack() ? on_.owner().core().coroutines : &fiber_backend::get_hub().carrier();
    co_return;
  }

  task<> operate(ab::caller /*by*/) override {
    std::size_t sum = 0;
    auto child = [&sum](std::size_t number) -> task<> {
      co_await checkpoint();
      sum += number;
    };
    auto all = [&](task_group& group) {
      for (std::size_t n = 1; n <= children_; ++n) group.on(*other_).spawn(child, n);
    };
    co_await with_task_group(all);
    require_equal("the sum of the other side's", sum, children_ * (children_ + 1) / 2);
  }

 private:
  backend& on_;
  const std::size_t children_;
  backend* other_ = nullptr;
};

}  // namespace

void add_bridge(ab::suite& to) {
  const auto add_calls = [&](const char* name, const char* description, std::size_t levels,
                             std::size_t calls) {
    to.add<cross_calls>(
        {.name = name, .description = description, .things = levels * calls, .thing = "call"},
        levels, calls);
  };
  add_calls("cross_calls/small", "200 calls of blocking text that awaits a coroutine", 1, 200);
  add_calls("cross_calls/large", "500 calls of the same, 8 of them deep", 8, 500);
  const auto add_spawn = [&](const char* name, const char* description, std::size_t children) {
    to.add<cross_spawn>(
        {.name = name, .description = description, .things = children, .thing = "spawn"}, children);
  };
  add_spawn("cross_spawn/small", "spawn 100 tasks on the other backend and join them", 100);
  add_spawn("cross_spawn/large", "spawn 1,000 tasks on the other backend and join them", 1'000);
}

}  // namespace crossfade::workloads
