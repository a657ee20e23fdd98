#include "compat/wait_graph.hpp"

#include <algorithm>
#include <utility>

#include "compat/detail/duration_text.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/detail/wait_cycles.hpp"
#include "compat/errors.hpp"

namespace crossfade {

std::string task_info::label() const { return detail::label_text(id, name, subsystem, backend); }

wait_graph::wait_graph(std::vector<task_info> tasks) : tasks_(std::move(tasks)) {
  std::ranges::sort(tasks_, {}, &task_info::id);
  std::vector<detail::wait_node> nodes;
  for (const task_info& t : tasks_) {
    if (!t.held_by.empty()) nodes.push_back({t.id, t.held_by});
  }
  cycles_ = detail::find_cycles(nodes);
}

const task_info* wait_graph::find(std::uint64_t id) const noexcept {
  const auto found = std::ranges::lower_bound(tasks_, id, {}, &task_info::id);
  return found != tasks_.end() && found->id == id ? &*found : nullptr;
}

std::string wait_graph::text() const {
  constexpr std::size_t most_lines = 200;
  std::string text;
  for (const auto& cycle : cycles_) text += "\n  a cycle: " + line_of(cycle);
  const std::size_t shown = std::min(tasks_.size(), most_lines);
  for (std::size_t i = 0; i < shown; ++i) text += "\n  " + line_of(tasks_[i]);
  if (shown < tasks_.size())
    text += "\n  and " + std::to_string(tasks_.size() - shown) + " tasks more";
  return text;
}

std::string wait_graph::label_of(std::uint64_t id) const {
  const task_info* known = find(id);
  return known != nullptr ? known->label() : "task " + std::to_string(id) + ", which has ended";
}

std::string wait_graph::origin_of(std::uint64_t id) const {
  std::string text = label_of(id);
  if (const task_info* known = find(id)) text += ", spawned at " + detail::site_text(known->site);
  return text;
}

std::string wait_graph::wait_of(const task_info& task) const {
  std::string text = task.waiting_for + task.details;
  const char* separator = task.until_end ? ": " : " held by ";
  for (const std::uint64_t id : task.held_by) text += std::exchange(separator, ", ") + label_of(id);
  return text;
}

std::string wait_graph::line_of(const task_info& task) const {
  std::string text = task.label();
  if (task.cancel_requested) text += " was cancelled,";
  if (task.waiting_for.empty()) {
    text += " does not wait";
  } else {
    const std::string where = task.in_portal ? " in a portal" : "";
    text += task.waited > duration::zero()
                ? " has waited" + where + " " + detail::in_words(task.waited) + " for "
                : " waits" + where + " for ";
    text += wait_of(task);
  }
  text += ", spawned at " + detail::site_text(task.site);
  if (task.parent_id != 0) text += " by task " + std::to_string(task.parent_id);
  return text;
}

std::string wait_graph::line_of(const std::vector<std::uint64_t>& cycle) const {
  std::string text = label_of(cycle.front());
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const std::uint64_t next = cycle[(i + 1) % cycle.size()];
    task_info waiter = *find(cycle[i]);
    waiter.held_by = {next};  // of the children of a group, the one that is part of the cycle
    text += " -> " + wait_of(waiter);
  }
  return text;
}

deadlock::deadlock(const std::string& headline, wait_graph graph)
    : std::runtime_error(headline + graph.text()),
      graph_(std::make_shared<const wait_graph>(std::move(graph))) {}

}  // namespace crossfade
