#pragma once

#include "compat/clock.hpp"
#include "compat/detail/timer_queue.hpp"
#include "compat/op.hpp"

namespace crossfade {

namespace detail {

class sleep_op final : public waitable<sleep_op> {
 public:
  explicit sleep_op(time_point due) noexcept
      : waitable(rules_of_this), wake_(due), length_(duration::max()) {}
  explicit sleep_op(duration length) noexcept
      : waitable(rules_of_this), wake_(time_point::max()), length_(length) {}

 private:
  friend waitable<sleep_op>;
  struct alarm : timer {
    explicit alarm(time_point at) noexcept : timer(&ring) { due = at; }
    static void ring(timer& t) noexcept;
    sleep_op* op = nullptr;
  };
  static const wait_rules rules_of_this;
  static bool leave(op_base& op) noexcept;
  static std::string rest(const op_base& op);

  bool start();
  void take() const noexcept {}

  alarm wake_;
  duration length_;  // counts from the start, if no point in time was given
};

class checkpoint_op final {
 public:
  using crossfade_awaitable = void;

  [[gnu::always_inline]] bool await_ready() const {
    task_state& task = task_state::current();
    task.check_interrupt();
    if (!task.on_stack()) return false;
    task.wake();
    task.wait_on_stack();
    return true;
  }
  [[gnu::always_inline]] void await_suspend(std::coroutine_handle<> caller) const noexcept {
    task_state& task = *this_scheduler->current;
    task.resume_point = caller;
    task.wake();
  }
  void await_resume() const noexcept {}
};

}  // namespace detail

/// Waits for a length of time; zero or less is a `checkpoint`.
///
/// Order: sleepers wake in the order of their deadlines, equal ones in the order they began to
/// sleep. Units: any `std::chrono` duration; real clocks are exact to the kernel's timers.
/// Cancellation: wakes at once. Source: gevent.sleep, asyncio.sleep.
[[nodiscard]] inline detail::sleep_op sleep(duration length) noexcept {
  return detail::sleep_op(length);
}

/// Waits until a point on the loop's time line; one that has passed is a `checkpoint`.
[[nodiscard]] inline detail::sleep_op sleep_until(time_point due) noexcept {
  return detail::sleep_op(due);
}

/// Lets everything that is ready run once, then goes on; also where a long computation can be
/// cancelled.
///
/// Order: the task goes to the end of the ready queue. I/O and timers get their look after a
/// bounded number of these. Source: gevent.sleep(0), asyncio.sleep(0).
[[nodiscard]] inline detail::checkpoint_op checkpoint() noexcept { return {}; }

}  // namespace crossfade
