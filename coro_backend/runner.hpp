#pragma once

#include <optional>
#include <utility>

#include "compat/loop.hpp"
#include "coro_backend/backend.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

struct runner_options {
  /// See `event_loop::set_debug`.
  bool debug = false;
  loop_options loop = {};
};

/// A loop with a coroutine backend, to run functions on.
///
/// On the main thread, where SIGINT has its default action and no `signal_set` has it, the first
/// SIGINT in a run cancels the task that runs the function; if that ends cancelled, and nobody else
/// cancelled it, `run` throws `keyboard_interrupt`. A second SIGINT, while the task has not ended,
/// has `run` throw at once; what is left goes on in the next run, or is cancelled by `close`, in
/// which SIGINT has its default action again. Threads: those of one, one loop runs on it at a time.
/// Source: asyncio.Runner. Differs: SIGINT is looked at between turns; one that blocks the loop is
/// not interrupted.
class runner {
 public:
  explicit runner(runner_options options = {});
  /// As `close`.
  ~runner();
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  event_loop& get_loop() noexcept { return carrier_.events(); }
  /// Runs `function(arguments...)` as a task until it has ended, and gives its value. Tasks that
  /// are left go on in the next run; context variables keep what the last run gave them. Throws:
  /// see `event_loop::run_until_complete`; `keyboard_interrupt`.
  template <class F, class... A>
  auto run(F&& function, A&&... arguments) {
    event_loop::require_no_run();
    auto main = get_loop().create_task(task_options{.context = &variables_},
                                       std::forward<F>(function), std::forward<A>(arguments)...);
    run_until_done(main);
    return main.result();
  }
  /// Cancels what is left and waits for it; a failure on the way is told to the exception handler.
  void close();

 private:
  void run_until_done(const any_task& main);

  loop loop_;
  backend carrier_;
  context variables_;
};

/// Runs `function()` on a loop of its own, then cancels what is left. Throws: what the function
/// throws; `keyboard_interrupt`, see `runner`; `deadlock`; `usage_error` if a loop runs on this
/// thread. Source: asyncio.run.
template <class F>
auto run(F&& function, runner_options options = {}) {
  runner r(std::move(options));
  return r.run(std::forward<F>(function));
}

}  // namespace crossfade::coro_backend
