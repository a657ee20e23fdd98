#include "compat/detail/wait_scan.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "compat/detail/duration_text.hpp"
#include "compat/detail/wait_cycles.hpp"
#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "compat/wait_graph.hpp"

namespace crossfade::detail {

namespace {

constexpr duration pause_for_each_task = std::chrono::microseconds(100);

time_point later(time_point now, duration length) noexcept {
  return length < time_point::max() - now ? now + length : time_point::max();
}

}  // namespace

time_point wait_scan::first_look(time_point now) const noexcept {
  time_point first = time_point::max();
  if (cycle_interval_ > duration::zero())
    first = std::max(cycles_due_, later(now, std::max(cycle_interval_, pause_)));
  if (hold_limit_ > duration::zero())
    first = std::min(first, later(now, std::max(hold_limit_, pause_)));
  return first;
}

void wait_scan::look(time_point now) {
  due_ = time_point::max();
  held_up_.clear();
  holds_before_.swap(holds_);
  holds_.clear();
  duration::rep tasks = 0;
  for (const task_state* t = owner_.tasks_.front(); t != nullptr; t = t->in_loop.next) {
    ++tasks;
    if (t->waiting_for == nullptr || t->resume_node->queued) continue;
    const wait_rules& rules = t->waiting_for->rule_set();
    if (rules.holder != nullptr || rules.holders != nullptr) held_up_.push_back(t);
  }
  pause_ = tasks * pause_for_each_task;
  if (hold_limit_ > duration::zero()) {
    for (const task_state* t : held_up_) look_at_hold(*t, now);
  }
  if (cycle_interval_ == duration::zero()) return;
  if (now >= cycles_due_) {
    look_for_cycles();
    cycles_due_ = later(now, std::max(cycle_interval_, pause_));
  } else {
    due_ = std::min(due_, cycles_due_);
  }
}

void wait_scan::look_at_hold(const task_state& waiter, time_point now) {
  const op_base& wait = *waiter.waiting_for;
  const wait_rules& rules = wait.rule_set();
  // Of those who wait in one queue the first has waited longest.
  if (rules.holder == nullptr || rules.until_end || !wait.is_first()) return;
  const std::uint64_t holder = rules.holder(wait);
  if (holder == 0) return;
  const wait_id id(waiter.id, waiter.waits);
  if (std::ranges::find(holds_before_, id) != holds_before_.end()) {
    holds_.push_back(id);
  } else if (const time_point limit = later(waiter.waiting_since, hold_limit_); now < limit) {
    due_ = std::min(due_, std::max(limit, now + std::max(hold_limit_ / 8, pause_)));
  } else {
    holds_.push_back(id);
    report_hold(waiter, holder, now);
  }
}

void wait_scan::report_hold(const task_state& waiter, std::uint64_t holder, time_point now) const {
  const wait_graph graph = graph_of({waiter.id, holder});
  std::string what = "has kept " + waiter.label() + " waiting for " +
                     waiter.waiting_for->rule_set().name + " for " +
                     in_words(now - waiter.waiting_since);
  if (const std::size_t behind = waiter.waiting_for->how_many_behind(); behind > 0)
    what += ", and " + std::to_string(behind) + " more";
  const task_info* const held_by = graph.find(holder);
  if (held_by == nullptr) {
    what += "; it has ended";
  } else if (held_by->waiting_for.empty()) {
    what += "; it does not wait itself";
  } else {
    what += "; itself it waits for " + graph.wait_of(*held_by);
  }
  owner_.report({task_report::what::long_hold, graph.origin_of(holder), std::move(what)});
}

void wait_scan::look_for_cycles() {
  std::vector<wait_node> nodes;
  std::unordered_map<std::uint64_t, const task_state*> tasks;
  for (const task_state* t : held_up_) {
    // A wait with a deadline is no deadlock: that may be how the task gets its locks.
    if (t->effective_deadline()) continue;
    wait_node node{t->id, {}};
    t->add_holders(node.held_by);
    if (node.held_by.empty()) continue;
    tasks.emplace(t->id, t);
    nodes.push_back(std::move(node));
  }
  std::vector<std::vector<wait_id>> found;
  for (const auto& cycle : find_cycles(nodes)) {
    std::vector<wait_id> waits;
    waits.reserve(cycle.size());
    for (const std::uint64_t id : cycle) waits.emplace_back(id, tasks.at(id)->waits);
    if (std::ranges::find(cycles_, waits) == cycles_.end()) report_cycle(cycle);
    found.push_back(std::move(waits));
  }
  cycles_ = std::move(found);
}

void wait_scan::report_cycle(const std::vector<std::uint64_t>& cycle) const {
  owner_.report({task_report::what::wait_cycle,
                 std::make_exception_ptr(deadlock("tasks wait for each other", graph_of(cycle)))});
}

wait_graph wait_scan::graph_of(std::vector<std::uint64_t> ids) const {
  std::unordered_map<std::uint64_t, const task_state*> tasks;
  for (const task_state* t = owner_.tasks_.front(); t != nullptr; t = t->in_loop.next)
    tasks.emplace(t->id, t);
  std::vector<task_info> infos;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = tasks.find(ids[i]);
    if (found == tasks.end()) continue;  // it has ended
    infos.push_back(found->second->info());
    tasks.erase(found);
    ids.insert(ids.end(), infos.back().held_by.begin(), infos.back().held_by.end());
  }
  return wait_graph(std::move(infos));
}

}  // namespace crossfade::detail
