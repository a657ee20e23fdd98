#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "compat/clock.hpp"

namespace crossfade {

/// A task that has not ended, as an observer sees it.
struct task_info {
  std::uint64_t id;
  std::uint64_t parent_id;  ///< 0: none
  std::string name;
  std::string subsystem;
  std::string backend;
  /// "a lock"; empty: it is ready or runs. A task that waits by Boost.Fiber's own means is said to
  /// wait for "a Boost.Fiber primitive".
  std::string waiting_for;
  std::uint64_t waits;
  std::source_location site;
  /// More of what it waits for: ", 2 s more" of a sleep.
  std::string details = {};
  /// Whether the text that waits is blocking text on a stack lent to a coroutine.
  bool in_portal = false;
  /// The tasks without each of which the wait does not end: who holds the lock, who is joined, the
  /// children of a group. By id; one may have ended since.
  std::vector<std::uint64_t> held_by = {};
  /// It need not let go of anything, it is to end.
  bool until_end = false;
  /// How long it has waited, on the loop's time line. Exact under a virtual clock; on a real one up
  /// to a batch of turns too long, since waits are dated with the time their batch began.
  duration waited = {};
  /// Somebody asked it to end.
  bool cancel_requested = false;

  /// "task 7 'prices' (subsystem market, coro)".
  std::string label() const;
};

/// Who waits for what, held by whom, at one moment: the tasks of a loop, and the cycles among them.
///
/// A cycle is a deadlock whatever else the loop has to do, unless somebody cancels one of its
/// tasks. Threads: a value, anyone's.
class wait_graph {
 public:
  explicit wait_graph(std::vector<task_info> tasks);

  /// Oldest first.
  const std::vector<task_info>& tasks() const noexcept { return tasks_; }
  /// Ids of tasks of which each waits for the next, and the last for the first. Of cycles that
  /// share a task not all need be listed.
  const std::vector<std::vector<std::uint64_t>>& cycles() const noexcept { return cycles_; }
  /// Null: no such task, or it has ended.
  const task_info* find(std::uint64_t id) const noexcept;

  /// "a lock held by task 4 'b' (coro)"; what the task waits for, empty if it does not.
  std::string wait_of(const task_info& task) const;
  /// "task 4 'b' (coro), spawned at file:line"; as messages begin that speak of a task.
  std::string origin_of(std::uint64_t id) const;

  /// The cycles, then the tasks, a line each, indented; of very many tasks the first.
  std::string text() const;

  /// "task 7 'b' (coro) has waited 2 s for a lock held by task 4 'a' (coro), spawned at file:line".
  std::string line_of(const task_info& task) const;

 private:
  std::string line_of(const std::vector<std::uint64_t>& cycle) const;
  std::string label_of(std::uint64_t id) const;

  std::vector<task_info> tasks_;
  std::vector<std::vector<std::uint64_t>> cycles_;
};

}  // namespace crossfade
