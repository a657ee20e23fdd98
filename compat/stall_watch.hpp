#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compat/clock.hpp"

namespace crossfade {

class loop;

namespace detail {
struct scheduler;
class task_state;
}  // namespace detail

/// One call on a stack that was sampled.
struct stack_frame {
  std::string function = {};  ///< empty if the program does not say: link it with `-rdynamic`
  std::string module = {};    ///< the file of the program or library
  std::uintptr_t offset = 0;  ///< in the module; `addr2line -Cfie MODULE OFFSET` gives the line

  /// "f(int) (bin/service+0x1a2b)".
  std::string text() const;
};

/// A turn that has kept the loop for too long, and still does.
struct stall {
  std::uint64_t task = 0;  ///< 0: a callback or an I/O handler
  /// "task 7 'prices' (subsystem market, coro), spawned at file:line"; "an I/O handler".
  std::string who = {};
  std::string subsystem = {};
  std::string backend = {};
  duration lasted = {};                 ///< so far
  std::vector<stack_frame> stack = {};  ///< the innermost call first

  /// A line, then one for each call.
  std::string message() const;
};

/// The stalls of one subsystem on one backend so far.
struct stall_counters {
  std::string subsystem = {};  ///< empty: of none
  std::string backend = {};    ///< empty: callbacks and I/O handlers
  std::string allowed = {};    ///< why they are allowed; empty: they are not
  std::uint64_t count = 0;
  duration longest = {};
};

struct stall_watch_options {
  /// How long one turn may keep the loop.
  duration limit = std::chrono::milliseconds(100);
  /// Told while the turn is stuck, on the watch's own thread: at the limit, and each time it has
  /// lasted twice as long since, with a new stack. The default writes to standard error. Must not
  /// throw.
  std::function<void(const stall&)> on_stall = {};
  /// What the loop's thread is asked by for its stack. The program must not use it otherwise.
  int signal = SIGURG;
};

/// While it lives, a turn of the loop that takes longer than a limit is reported: at once, while it
/// is stuck, to `on_stall`, with the task and a stack; and when it has ended to the loop's error
/// handler, with how long it took. `blocking_allowed` exempts what is meant to block.
///
/// A thread of its own looks at what the loop does, four times in a limit. To the loop that costs
/// nothing, but for a wake-up in each limit while it is idle. The stack is taken by a signal,
/// wherever the turn is stuck; as any signal does, it may interrupt a system call of the
/// turn that is not restarted. A function on a thread (`to_thread`) is no stall. Units: real time,
/// also under a virtual clock, known to a quarter of the limit; time in which the program as a
/// whole stood still does not count. Threads: made and destroyed on the thread that runs the loop;
/// `counters` is anyone's. Lifetime: the loop outlives it. Throws: `usage_error` if the limit is
/// not above zero, the loop has a watch, or the program handles the signal. Source: gevent's
/// monitor thread, asyncio's slow_callback_duration. Differs: reported while it lasts, for what is
/// stuck in C++ too, with the stack of what is stuck and not of who comes after.
class stall_watch {
 public:
  explicit stall_watch(loop& watched, stall_watch_options options = {});
  ~stall_watch();
  stall_watch(const stall_watch&) = delete;
  stall_watch& operator=(const stall_watch&) = delete;

  /// In the order of the first of each. A stall counts while it lasts, and once; in two rows if
  /// only part of it was allowed.
  std::vector<stall_counters> counters() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// While it lives, turns of the task that made it may keep the loop: a watch counts them, with the
/// reason, but does not report them. Made in a callback it lasts for that call. Scopes nest; what a
/// task waits for inside of one is not exempted, nor are other tasks that run meanwhile.
///
/// Threads: any; without a loop it does nothing. Lifetime: `why` outlives it. Source: home-grown
/// allow-lists; gevent has none.
class [[nodiscard("it holds while it lives: give it a name")]] blocking_allowed {
 public:
  explicit blocking_allowed(const char* why) noexcept;
  ~blocking_allowed();
  blocking_allowed(const blocking_allowed&) = delete;
  blocking_allowed& operator=(const blocking_allowed&) = delete;

  /// For a signal handler on the loop's thread: the reason of who runs, empty if there is none.
  static std::string_view why(const detail::scheduler& here) noexcept;

 private:
  detail::scheduler* const here_;
  const detail::task_state* const task_;
  const char* const why_;
  blocking_allowed* outer_ = nullptr;  // of any task
};

}  // namespace crossfade
