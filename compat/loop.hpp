#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/clock.hpp"
#include "compat/detail/scheduler.hpp"
#include "compat/spawn.hpp"
#include "compat/wait_graph.hpp"

namespace boost::asio {
class io_context;
}

namespace crossfade::detail {
class wait_scan;
}

namespace crossfade {

/// Something the loop's error handler is told, since nobody else would learn of it.
struct task_report {
  enum class what : std::uint8_t {
    unobserved_failure,      ///< a task failed and nobody joined it
    swallowed_cancellation,  ///< a cancelled task caught `cancelled` and returned a value
    callback_failure,        ///< a posted callback, or the runtime itself, has an exception to tell
    wait_cycle,  ///< tasks wait for each other while the loop has other work; `error` is a
                 ///< `deadlock`
    stall,       ///< a turn kept the loop for longer than the limit of its `stall_watch`
    long_hold,   ///< a task has held what others wait for longer than `loop_options::hold_limit`
  };
  task_report(what kind, const detail::task_state& task, std::exception_ptr error);
  task_report(what kind, std::exception_ptr error);
  task_report(what kind, std::string task, std::string details);

  what kind;
  std::string task;  ///< the task's label and spawn site; empty for a callback
  std::exception_ptr error;
  std::string details;  ///< what the task has done, where that is no error

  /// One line for a log.
  std::string message() const;
};

struct loop_options {
  /// Virtual time stands still while anything is ready and jumps to the next timer when every task
  /// waits. For tests.
  bool virtual_time = false;
  /// Told what would otherwise be lost; the default writes it to standard error. Must not throw.
  std::function<void(const task_report&)> on_error = {};
  /// The most functions `to_thread` runs at the same time.
  unsigned max_threads = 32;
  /// A seed: whoever is ready may have the next turn, in an order that the seed decides. For tests
  /// of what must not depend on the order; `test_kit::random_orders` tries many seeds. What one
  /// thread posts keeps its order.
  std::optional<std::uint64_t> random_order = {};
  /// How often to look for tasks that wait for each other while the loop has other work. Not while
  /// nothing runs, and less often if there are more than 10,000 tasks. A cycle of which a wait has
  /// a deadline is none. Zero: never.
  duration cycle_check_interval = std::chrono::seconds(1);
  /// A task that holds a lock, or whatever has an owner, while another waits for it this long is
  /// reported, once for each holding. Zero: never.
  duration hold_limit = {};
};

/// One thread's event loop: one FIFO queue of ready tasks and callbacks of both backends, one set
/// of timers, one Asio reactor.
///
/// Order: what becomes ready runs in that order, whatever its kind; nothing is ever resumed from
/// inside another task's turn. Timers and I/O are looked at after a bounded number of turns and,
/// once turns are seen to be slow, after each of them. Threads: the thread that calls `run`, but
/// for `post`. Lifetime: outlives everything on it. Source: asyncio's event loop, gevent's hub.
class loop {
 public:
  explicit loop(loop_options options = {});
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// Runs `function()`, of either text, as a task on `carrier`, and everything it spawns, until it
  /// has ended; then cancels the tasks that are left, waits for their end, and gives the function's
  /// value.
  ///
  /// Tasks that no cancellation ends are reported and left where they are, for the next run: who
  /// swallows each, and who waits by Boost.Fiber's own means when no timer, I/O, thread or other
  /// task is left to wake it. A thread that the library did not start counts here only with a
  /// `thread_hold`; until the function has ended such a wait needs none. Throws: what the function
  /// throws; `task_cancelled` if it was cancelled; `deadlock`; `usage_error` if a loop runs on this
  /// thread already.
  template <class F>
  auto run(backend& carrier, F&& function,
           std::source_location site = std::source_location::current()) {
    const running scope(*this);
    auto main = detail::spawn_task(core_, {&carrier, nullptr, nullptr, "main", site}, true,
                                   std::forward<F>(function));
    run_until_ended(main.record());
    return main.record().take();
  }

  /// Has `callback()` called in a turn of its own. The one member that any thread may call; the
  /// loop must outlive the call. It does not keep the loop from finding a deadlock: hold a
  /// `thread_hold` for that.
  template <class F>
  void post(F&& callback) {
    struct posted final : detail::ready_callback {
      explicit posted(F&& f) : ready_callback(&take_turn), fn(std::forward<F>(f)) {}
      static void take_turn(ready_callback& self, use how) {
        const std::unique_ptr<posted> owner(static_cast<posted*>(&self));
        if (how == use::call) owner->fn();
      }
      std::decay_t<F> fn;
    };
    enqueue(*new posted(std::forward<F>(callback)));
  }

  /// Goes on in the random order of another seed, also where it was none before. For tests, between
  /// runs; see `loop_options::random_order`.
  void reorder(std::uint64_t seed);
  /// The time line of this loop's timers.
  time_point now() const noexcept { return core_.now(); }
  /// The reactor, for Asio objects. Their operations are awaited through `use_op`.
  boost::asio::io_context& io() noexcept;
  /// All tasks that have not ended, oldest first.
  std::vector<task_info> tasks() const;
  /// The same, with the cycles among them; its text is for a log, or a page about the service's
  /// health.
  crossfade::wait_graph wait_graph() const { return crossfade::wait_graph(tasks()); }
  /// Tells the error handler.
  void report(const task_report& what) noexcept;
  void report(std::exception_ptr error) noexcept;

  /// For the parts of the runtime.
  detail::scheduler& core() noexcept { return core_; }
  /// A line for each task that waits on a stack, or would go on there. Without subsystem and
  /// backend, which may be gone.
  std::string tasks_on_stacks() const;
  void enqueue(detail::ready_callback& callback);
  /// From a callback or a timer, on the hub: gives `node`, which stands in no queue, a turn at
  /// once. Returns when its task waits again, or has ended.
  void run_now(detail::ready_node& node);
  /// Takes turns until `stop`, then true, or until nothing is left that could wake a task. Ends no
  /// task.
  bool turn_until(const bool& stop);
  /// Cancels the tasks that are left and waits for their end.
  void end_tasks();

 private:
  friend class detail::task_state;
  friend class detail::wait_scan;
  struct impl;

  // A loop runs on this thread.
  class running {
   public:
    explicit running(loop& owner);
    ~running();
    running(const running&) = delete;
    running& operator=(const running&) = delete;

   private:
    loop& owner_;
  };

  void run_until_ended(detail::task_state& main);
  void end_all_tasks() noexcept;

  detail::scheduler core_;
  detail::task_list<&detail::task_state::in_loop> tasks_;
  std::unique_ptr<impl> impl_;
};

/// While it lives, a loop with nothing left to run waits for a `post`, or for one of Boost.Fiber's
/// objects to change, instead of reporting a deadlock: held for a thread that the library did not
/// start. Made and destroyed on the loop's thread.
class thread_hold {
 public:
  explicit thread_hold(loop& owner) noexcept : owner_(owner) { ++owner_.core().threads_busy; }
  ~thread_hold() { --owner_.core().threads_busy; }
  thread_hold(const thread_hold&) = delete;
  thread_hold& operator=(const thread_hold&) = delete;

 private:
  loop& owner_;
};

}  // namespace crossfade
