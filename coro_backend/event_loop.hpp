#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/clock.hpp"
#include "compat/detail/scheduler.hpp"
#include "compat/detail/timer_queue.hpp"
#include "compat/loop.hpp"
#include "coro_backend/future.hpp"
#include "coro_backend/handle.hpp"
#include "coro_backend/task.hpp"

namespace crossfade::coro_backend {

class backend;

/// Something nobody else would learn of. Source: the context of an exception handler.
struct error_context {
  std::string message;
  std::exception_ptr exception;
  any_task task = {};  ///< whose it is, if it is a task's
};

/// asyncio's view of a loop: callbacks, futures, tasks, and who is told of errors.
///
/// One for each `coro_backend::backend`, shared with all other tasks of the loop; within a run,
/// `get_running_loop()` finds it. Order: asyncio's. Each callback and each step of a task is a
/// turn; what is ready when the loop goes round runs, what becomes ready meanwhile runs the next
/// time, and timers that are due come after all that was ready before. Under a virtual clock that
/// is exact; by a real one, timers are looked at after a bounded number of turns. Threads: the
/// loop's, but for `call_soon_threadsafe`. Lifetime: its backend's. Source:
/// asyncio.AbstractEventLoop. Differs: I/O is Asio's.
class event_loop : public detail::task_creator<event_loop> {
 public:
  explicit event_loop(backend& carrier);
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  // --- callbacks ---
  /// Has `function()` called in a turn of its own, with the context variables of now. What it
  /// throws goes to the exception handler.
  template <class F>
  handle call_soon(F&& function) {
    auto* core = new detail::function_handle<detail::handle_core, std::decay_t<F>>(
        std::forward<F>(function), *this);
    core->add_reference();
    core->enqueue();
    return handle(*core);
  }
  /// The same after a length of time, and at a point of `time()`.
  template <class F>
  timer_handle call_later(duration delay, F&& function) {
    return call_at(time() + delay, std::forward<F>(function));
  }
  template <class F>
  timer_handle call_at(time_point when, F&& function) {
    auto* core = new detail::function_handle<detail::timer_handle_core, std::decay_t<F>>(
        std::forward<F>(function), *this);
    core->add_reference();
    core->start(when);
    return timer_handle(*core);
  }
  /// From any thread: has `function()` called in a turn of its own, without context variables. The
  /// loop must outlive the call. See `thread_hold` for a loop that has nothing else to wait for.
  template <class F>
  threadsafe_handle call_soon_threadsafe(F&& function) {
    threadsafe_handle made;
    owner().post([this, made, f = std::forward<F>(function)]() mutable {
      call_soon([made, f = std::move(f)]() mutable {
        if (!made.cancelled()) f();
      });
    });
    return made;
  }

  // --- futures and tasks ---
  template <class T = void>
  future<T> create_future() {
    return future<T>(*new detail::future_of<T>(*this));
  }
  /// For `create_task`: starts `function(arguments...)`, of either text, as a task. Function and
  /// arguments are copied or moved into the task and live until it ends.
  template <class F, class... A>
  task<detail::task_value<F, A...>> launch(const task_options& options, F&& f, A&&... a) {
    using value = detail::task_value<F, A...>;
    task<value> made(*new detail::task_of<value, std::decay_t<F>, std::decay_t<A>...>(
        *this, origin(options), std::forward<F>(f), std::forward<A>(a)...));
    if (options.context != nullptr) made.core().as_task()->variables = options.context->values();
    if (on_task_created_) [[unlikely]]
      on_task_created_(made);
    return made;
  }
  /// Has `function(task)` called for each asyncio task that is created, also by `gather` and its
  /// like, before it runs. It must not throw. Source: loop.set_task_factory. Differs: it sees the
  /// task, and does not make it.
  void on_task_created(std::function<void(const any_task&)> function) {
    on_task_created_ = std::move(function);
  }
  /// Those that have not ended, oldest first. Source: asyncio.all_tasks. Differs: ordered.
  std::vector<any_task> all_tasks() const;

  // --- running ---
  /// Runs `function(arguments...)` as a task until it has ended, and gives its value. Other tasks
  /// stay, and go on in the next run. Throws: what the task ends with; `deadlock` if nothing is
  /// left that could wake it; `usage_error` if a loop runs on this thread already.
  template <class F, class... A>
  auto run_until_complete(F&& f, A&&... a) {
    require_no_run();
    auto main = this->create_task(task_options{}, std::forward<F>(f), std::forward<A>(a)...);
    run_until_done(main);
    return main.result();
  }
  /// The same for a future or task.
  void run_until_done(const any_future& awaited);
  /// Runs until `stop`. Differs: returns also when nothing can happen any more.
  void run_forever();
  /// Has the present run end when its turn has.
  void stop() noexcept;
  /// Cancels what tasks of any kind are left and waits for their end. Differs: asyncio's leaves
  /// them.
  void close();
  /// The time line of its timers.
  time_point time() const noexcept { return sched_.now(); }

  // --- errors and debugging ---
  using exception_handler = std::function<void(event_loop&, const error_context&)>;
  /// Empty: the default one again, which tells the loop's `on_error`.
  void set_exception_handler(exception_handler handler) { handler_ = std::move(handler); }
  const exception_handler& get_exception_handler() const noexcept { return handler_; }
  void call_exception_handler(const error_context& context) noexcept;
  void default_exception_handler(const error_context& context) noexcept;
  /// In debug mode callbacks and tasks that run for too long between two waits are reported, as a
  /// stall; and the exception handler is told of coroutine text that was called and never awaited.
  /// Source: loop.set_debug. Differs: of what is called and dropped at once a compiler warns,
  /// always; what `create_task` is given cannot be forgotten, as it is called no sooner than it
  /// runs.
  void set_debug(bool on) noexcept;
  bool get_debug() const noexcept { return debug_; }
  /// What is too long, by the clock on the wall.
  duration slow_callback_duration = std::chrono::milliseconds(100);

  // --- for the other parts of this folder ---
  /// Throws: `usage_error` if a loop runs on this thread.
  static void require_no_run();
  loop& owner() const noexcept { return sched_.owner; }
  crossfade::detail::scheduler& sched() const noexcept { return sched_; }
  /// What becomes ready now runs in this turn of asyncio's.
  std::uint64_t next_turn() const noexcept { return turn_ + 1; }
  /// The same for a timer that is due.
  std::uint64_t turn_of_timers() const noexcept { return releasing_ ? turn_ : turn_ + 1; }
  /// Something runs that became ready for this turn.
  void enter_turn(std::uint64_t turn) noexcept {
    if (turn <= turn_) return;
    turn_ = turn;
    if (due_at_once_.earliest() != nullptr) [[unlikely]]
      release_due();
  }
  /// True: it is due at once, and stands with those until the loop goes round.
  bool arm(crossfade::detail::timer& t, time_point due) noexcept;
  void disarm(crossfade::detail::timer& t, bool at_once) noexcept;
  void enlist(detail::task_core& task) noexcept;
  void delist(detail::task_core& task) noexcept;
  void report_never_retrieved(const std::exception_ptr& error, detail::task_core* task) noexcept;
  /// Those that have not been called.
  detail::handle_list& handles() noexcept { return handles_; }
  void report_slow(std::string_view who, duration took) noexcept;

  /// Times a callback in debug mode.
  class slow_watch {
   public:
    explicit slow_watch(event_loop& owner) noexcept;
    ~slow_watch();
    slow_watch(const slow_watch&) = delete;
    slow_watch& operator=(const slow_watch&) = delete;

   private:
    event_loop* owner_;
    std::chrono::steady_clock::time_point began_{};
  };

 private:
  crossfade::detail::task_origin origin(const task_options& options) const noexcept;
  void release_due() noexcept;
  static void go_round(crossfade::detail::timer& t) noexcept;
  static void report_never_awaited(crossfade::detail::scheduler& sched,
                                   const std::source_location& written) noexcept;

  struct round_timer : crossfade::detail::timer {
    explicit round_timer(event_loop& l) noexcept : timer(&go_round), owner(l) {}
    event_loop& owner;
  };

  backend& carrier_;
  crossfade::detail::scheduler& sched_;
  std::uint64_t turn_ = 0;
  crossfade::detail::timer_queue due_at_once_;
  round_timer round_{*this};  // for when nothing is ready
  bool releasing_ = false;
  bool stop_ = false;
  bool debug_ = false;
  std::uint64_t unnamed_tasks_ = 0;
  detail::handle_list handles_;
  detail::task_core* first_task_ = nullptr;
  detail::task_core* last_task_ = nullptr;
  exception_handler handler_;
  std::function<void(const any_task&)> on_task_created_;
};

/// The `event_loop` of the loop that runs on this thread. Throws: `usage_error` if none does, or it
/// has no `coro_backend::backend`. Source: asyncio.get_running_loop.
event_loop& get_running_loop();

/// The asyncio task that runs; none in a callback, and in a task of another kind. Source:
/// asyncio.current_task.
any_task current_task() noexcept;

/// See `event_loop::all_tasks`.
std::vector<any_task> all_tasks();

/// Starts `function(arguments...)`, of either text, as a task of the running loop. Written as
/// `spawn` is. Order: first come, first run, in a turn to come. Throws: `usage_error` where no loop
/// runs. Source: asyncio.create_task. Differs: takes the function, not the coroutine it gives.
template <class F>
auto create_task(F&& f, std::source_location site = std::source_location::current()) {
  return get_running_loop().create_task(std::forward<F>(f), site);
}
template <class F, class A>
  requires detail::is_function<F>
auto create_task(F&& f, A&& a, std::source_location site = std::source_location::current()) {
  return get_running_loop().create_task(std::forward<F>(f), std::forward<A>(a), site);
}
template <class F, class A, class B>
  requires detail::is_function<F>
auto create_task(F&& f, A&& a, B&& b, std::source_location site = std::source_location::current()) {
  return get_running_loop().create_task(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                                        site);
}
template <class F, class A, class B, class C>
  requires detail::is_function<F>
auto create_task(F&& f, A&& a, B&& b, C&& c,
                 std::source_location site = std::source_location::current()) {
  return get_running_loop().create_task(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                                        std::forward<C>(c), site);
}
template <class F, class... A>
auto create_task(const task_options& options, F&& f, A&&... a) {
  return get_running_loop().create_task(options, std::forward<F>(f), std::forward<A>(a)...);
}

}  // namespace crossfade::coro_backend
