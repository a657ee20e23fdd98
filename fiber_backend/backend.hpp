#pragma once

#include <cstddef>
#include <memory>

#include "compat/backend.hpp"

namespace crossfade::fiber_backend {

namespace detail {
class engine;
}

struct backend_options {
  /// Bytes of each stack, rounded up to pages; a guard page comes on top. Only pages that are
  /// touched take memory.
  std::size_t stack_size = std::size_t{256} * 1024;
  /// Stacks kept for reuse when nothing runs on them.
  std::size_t max_idle_stacks = 1024;
};

/// Carries each task on a stack of its own: blocking text may wait anywhere, and coroutine text
/// waits without suspending its frames. Also lends the stacks of `on_fiber` to tasks of any
/// backend.
///
/// The fibers are Boost.Fiber's, driven by the loop's ready queue while the loop runs, so
/// `boost::fibers::mutex`, channels, futures and `boost::this_fiber` work in them. Stacks are
/// guarded and reused; what a `boost::fibers::fiber_specific_ptr` holds ends with the task, or with
/// the call of `on_fiber` that borrowed the stack.
///
/// Fibers that a program makes by Boost.Fiber itself are no tasks and belong to the thread: a run
/// takes them over, does not wait for their end, and leaves them to the next run, or to
/// Boost.Fiber's round robin between runs. One that is left inside a handler must go on in a run,
/// since round robin mixes up exceptions in flight before Boost 1.88.
///
/// Threads: made, used and destroyed on the thread that runs the loop. Lifetime: the loop outlives
/// it; it outlives the loop's tasks. Throws: `usage_error` if the loop has a backend with stacks
/// already.
class backend final : public crossfade::backend {
 public:
  explicit backend(loop& owner, backend_options options = {});
  ~backend();

  /// Stacks made so far and not destroyed, idle ones included.
  std::size_t stacks() const noexcept;

 private:
  std::unique_ptr<detail::engine> engine_;
};

}  // namespace crossfade::fiber_backend
