#include "compat/queue.hpp"

#include <cstddef>
#include <deque>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/task_group.hpp"

namespace crossfade::workloads {
namespace {

constexpr std::size_t room = 16;

// A source, stages that add one, and a sink, with a queue between each and the next.
class queue_pipeline final : public ab::workload {
 public:
  queue_pipeline(std::size_t stages, std::size_t items) : stages_(stages), items_(items) {}

  task<> operate(ab::caller /*by*/) override {
    std::deque<queue<std::size_t>> between;
    for (std::size_t n = 0; n <= stages_; ++n) between.emplace_back(room);
    std::size_t sum = 0;
    auto source = [&]() -> task<> {
      for (std::size_t n = 0; n < items_; ++n) co_await between.front().put(n);
    };
    auto stage = [&](std::size_t number) -> task<> {
      for (std::size_t n = 0; n < items_; ++n) {
        const std::size_t item = co_await between[number].get();
        co_await between[number + 1].put(item + 1);
      }
    };
    auto all = [&](task_group& group) -> task<> {
      group.spawn(source);
      for (std::size_t n = 0; n < stages_; ++n) group.spawn(stage, n);
      for (std::size_t n = 0; n < items_; ++n) {
        const std::size_t item = co_await between.back().get();
        require_equal("an item", item, n + stages_);
        sum += item;
      }
    };
    co_await with_task_group(all);
    require_equal("the sum of the items", sum, items_ * (items_ - 1) / 2 + items_ * stages_);
  }

 private:
  const std::size_t stages_;
  const std::size_t items_;
};

}  // namespace

void add_queue(ab::suite& to) {
  const auto add = [&](const char* name, const char* description, std::size_t stages,
                       std::size_t items) {
    to.add<queue_pipeline>(
        {.name = name, .description = description, .things = (stages + 1) * items, .thing = "hop"},
        stages, items);
  };
  add("queue_pipeline/small", "200 items through 2 stages and queues of 16", 2, 200);
  add("queue_pipeline/large", "1,000 items through 16 stages and queues of 16", 16, 1'000);
}

}  // namespace crossfade::workloads
