#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "compat/clock.hpp"

namespace crossfade {
class loop;
class wait_graph;
}  // namespace crossfade

namespace crossfade::detail {

class task_state;

/// Looks over a loop's tasks now and then, for what nobody notices while the loop has other things
/// to do: tasks that wait for each other, and holders that keep others waiting for too long. Tells
/// the loop's error handler, once of each.
///
/// It costs no wait and no wake anything. It keeps the loop neither from ending nor from finding a
/// deadlock, and an idle loop is not woken again before something has run. The more tasks there are
/// the less often it looks: a look takes some 10 ns a task, and the next comes 10,000 times that
/// later.
class wait_scan {
 public:
  /// Zero: not looked for.
  wait_scan(loop& owner, duration cycle_interval, duration hold_limit) noexcept
      : owner_(owner), cycle_interval_(cycle_interval), hold_limit_(hold_limit) {}

  /// Tasks have had turns, so there may be something to see before long.
  void something_ran(time_point now) noexcept {
    if (due_ == time_point::max()) [[unlikely]]
      due_ = first_look(now);
  }
  /// When to look; `time_point::max()`: not before something has run.
  time_point due() const noexcept { return due_; }
  void look(time_point now);

 private:
  // A wait that is still the same as long as both are: the task, and how many waits it had begun.
  using wait_id = std::pair<std::uint64_t, std::uint64_t>;

  time_point first_look(time_point now) const noexcept;
  void look_at_hold(const task_state& waiter, time_point now);
  void report_hold(const task_state& waiter, std::uint64_t holder, time_point now) const;
  void look_for_cycles();
  void report_cycle(const std::vector<std::uint64_t>& cycle) const;
  // Of these tasks and all they wait for, directly or not.
  wait_graph graph_of(std::vector<std::uint64_t> ids) const;

  loop& owner_;
  const duration cycle_interval_;
  const duration hold_limit_;
  time_point due_ = time_point::max();
  time_point cycles_due_{};                 // not before
  duration pause_{};                        // until the next look, at the least
  std::vector<const task_state*> held_up_;  // those who wait for other tasks, in the present look
  std::vector<wait_id> holds_;              // by the first who waits: reported, and still so
  std::vector<wait_id> holds_before_;
  std::vector<std::vector<wait_id>> cycles_;  // likewise
};

}  // namespace crossfade::detail
