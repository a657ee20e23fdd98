#pragma once

#include <cstdint>
#include <source_location>

#include "compat/clock.hpp"
#include "compat/detail/ready_queue.hpp"
#include "compat/detail/relaxed.hpp"
#include "compat/detail/timer_queue.hpp"

namespace crossfade {
class backend;
class blocking_allowed;
class loop;
}  // namespace crossfade

namespace crossfade::detail {

class background_io;
class context;
class loop_guest;
class stack_host;
class stack_sampler;
class thread_pool;
class task_state;

/// What the thread of a loop is at. `io`: timers, Asio's handlers, and what the runtime does
/// itself.
enum class activity : std::uint8_t { stopped, turns, io, idle };

/// One thing that the thread of a loop is at: a turn, a look at timers and I/O, one time of
/// idleness. No two that follow each other are equal.
struct moment {
  std::uint64_t beat = 0;
  unsigned turns_left = 0;
  activity doing = activity::stopped;
  bool operator==(const moment&) const = default;
};

/// The part of a loop that every wait and every wake touches.
struct scheduler {
  explicit scheduler(loop& l) noexcept : owner(l) {}

  time_point now() const noexcept {
    return virtual_time ? coarse_now : time_point(std::chrono::steady_clock::now());
  }

  ready_queue ready;
  task_state* current = nullptr;  // whose turn it is; null in callbacks
  stack_host* stacks = nullptr;   // null while no backend with stacks exists
  thread_pool* threads = nullptr;
  task_state* handoff = nullptr;     // goes on, or ends, before the hub takes the next turn
  relaxed<unsigned> turns_left = 0;  // until timers and I/O are looked at again
  timer_queue timers;
  bool virtual_time = false;
  /// Under a virtual clock the time; otherwise when the present batch of turns began.
  time_point coarse_now{};
  task_state* main = nullptr;  // the task whose end ends the run
  std::uint64_t last_id = 0;
  std::uint64_t threads_busy = 0;  // functions running on other threads that will report back
  loop& owner;

  // --- for a stall watch ---
  void begin(activity a) noexcept {
    ++beat;
    doing = a;
  }
  /// From any thread: what is seen while that changes is good for nothing but to be unlike the
  /// last.
  moment now_at() const noexcept { return {beat, turns_left, doing}; }

  relaxed<std::uint64_t> beat = 0;
  relaxed<activity> doing = activity::stopped;
  stack_sampler* sampler = nullptr;
  blocking_allowed* blockers = nullptr;  // innermost first, of all tasks

  backend* coroutines = nullptr;  // null while no coro_backend::backend exists
  /// What context variables hold in the callback that runs; null: their defaults.
  context* callback_variables = nullptr;
  loop_guest* guest = nullptr;          // null while nobody mirrors another event loop on this one
  background_io* background = nullptr;  // null while nobody has such an operation
  unsigned interrupt_sets = 0;          // `signal_set`s that have SIGINT
  /// Told of a coroutine that goes without having run; null: nobody wants to know.
  void (*on_never_awaited)(scheduler& sched,
                           const std::source_location& written) noexcept = nullptr;
};

/// The scheduler that runs on this thread, null outside of `loop::run`.
///
/// A task never changes its thread, so an address the compiler caches across a switch stays right.
inline constinit thread_local scheduler* this_scheduler = nullptr;

}  // namespace crossfade::detail
