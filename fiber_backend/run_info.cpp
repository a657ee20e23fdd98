#include "fiber_backend/run_info.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "compat/loop.hpp"
#include "compat/wait_graph.hpp"

namespace crossfade::fiber_backend {

std::string format_run_info(const loop& of) {
  const wait_graph graph = of.wait_graph();
  std::set<std::uint64_t> known;
  for (const task_info& task : graph.tasks()) known.insert(task.id);
  std::map<std::uint64_t, std::vector<const task_info*>> children;  // of 0: those without a parent
  for (const task_info& task : graph.tasks())
    children[known.contains(task.parent_id) ? task.parent_id : 0].push_back(&task);

  struct line {
    const task_info* task;
    std::size_t depth;
  };
  std::vector<line> stack;
  const auto push_children = [&](std::uint64_t of_id, std::size_t depth) {
    const auto& them = children[of_id];
    for (auto child = them.rbegin(); child != them.rend(); ++child)
      stack.push_back({*child, depth});
  };
  std::string text;
  push_children(0, 0);
  while (!stack.empty()) {
    const auto [task, depth] = stack.back();
    stack.pop_back();
    text.append(2 * depth, ' ').append(task->label()).append(", spawned at ");
    text.append(task->site.file_name()).append(":").append(std::to_string(task->site.line()));
    const std::string wait = graph.wait_of(*task);
    text.append(wait.empty() ? ", ready or running" : ", waits for " + wait).append("\n");
    push_children(task->id, depth + 1);
  }
  return text;
}

}  // namespace crossfade::fiber_backend
