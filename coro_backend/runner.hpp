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
/// Threads: those of one, one loop runs on it at a time. Source: asyncio.Runner. Differs: SIGINT is
/// left alone, see `signal_set`.
class runner {
 public:
  explicit runner(runner_options options = {});
  /// As `close`.
  ~runner();
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  event_loop& get_loop() noexcept { return carrier_.events(); }
  /// Runs `function(arguments...)` as a task until it has ended, and gives its value. Tasks that
  /// are left go on in the next run. Throws: see `event_loop::run_until_complete`.
  template <class F, class... A>
  auto run(F&& function, A&&... arguments) {
    return get_loop().run_until_complete(std::forward<F>(function), std::forward<A>(arguments)...);
  }
  /// Cancels what is left and waits for it; a failure on the way is told to the exception handler.
  void close();

 private:
  loop loop_;
  backend carrier_;
};

/// Runs `function()` on a loop of its own, then cancels what is left. Throws: what the function
/// throws; `deadlock`; `usage_error` if a loop runs on this thread. Source: asyncio.run.
template <class F>
auto run(F&& function, runner_options options = {}) {
  runner r(std::move(options));
  return r.run(std::forward<F>(function));
}

}  // namespace crossfade::coro_backend
