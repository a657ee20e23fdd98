#pragma once

#include <cstddef>
#include <limits>
#include <memory>

#include "compat/backend.hpp"

namespace crossfade::fiber_backend {

class hub;

namespace detail {
class engine;
}

struct backend_options {
  /// Bytes of each stack, rounded up to pages. Only pages that are touched take memory: one for a
  /// fiber that waits not far below its function.
  std::size_t stack_size = std::size_t{256} * 1024;
  /// Stacks kept for reuse when nothing runs on them.
  std::size_t max_idle_stacks = 1024;
  /// At most so many stacks have a guard of their own below them; others share one, and are watched
  /// by canaries. Anyway, half of the maps that the kernel grants the process
  /// (`vm.max_map_count`, two for a guarded stack) are left to others.
  std::size_t max_guarded_stacks = std::numeric_limits<std::size_t>::max();
  /// While a loop runs, handles SIGSEGV and SIGBUS to say which task's stack has overflown. Faults
  /// elsewhere go to the handlers that were there before.
  bool report_overflow = true;
};

/// How the stacks of a backend are used. Sizes in bytes.
struct stack_stats {
  std::size_t made;     ///< and not destroyed
  std::size_t idle;     ///< of those, kept for reuse
  std::size_t guarded;  ///< of those made, with a guard of their own
  std::size_t size;     ///< of each
  /// The most that any stack ever used, the fiber's own record of half a kilobyte included. Whole
  /// pages that are in memory: what was swapped out does not count.
  std::size_t deepest;
};

/// Carries each task on a stack of its own: blocking text may wait anywhere, and coroutine text
/// waits without suspending its frames. Also lends the stacks of `on_fiber` to tasks of any
/// backend.
///
/// The fibers are Boost.Fiber's, driven by the loop's ready queue while the loop runs, so
/// `boost::fibers::mutex`, channels, futures and `boost::this_fiber` work in them. Stacks are
/// reused; what a `boost::fibers::fiber_specific_ptr` holds ends with the task, or with
/// the call of `on_fiber` that borrowed the stack.
///
/// Fibers that a program makes by Boost.Fiber itself are no tasks and belong to the thread: a run
/// takes them over, does not wait for their end, and leaves them to the next run, or to
/// Boost.Fiber's round robin between runs. One that is left inside a handler must go on in a run,
/// since round robin mixes up exceptions in flight before Boost 1.88.
///
/// A stack that overflows ends the program, and a line on standard error names the task. Where the
/// stack has a guard, that is at the access that went too far; a frame of more than 64 KiB can step
/// over it, unless compiled with `-fstack-clash-protection`. Where it has a canary, it is when the
/// task next waits or ends, and what lay below has been overwritten.
///
/// A task that waits by Boost.Fiber's own means may outlast the run: no cancellation wakes it, and
/// nothing is unwound by force. It goes on in the next run. One that is woken between runs goes on
/// under Boost.Fiber's round robin: what it awaits of ours throws `usage_error` there.
///
/// Threads: made, used and destroyed on the thread that runs the loop. Lifetime: the loop outlives
/// it; it outlives the loop's tasks. If one still waits on a stack when it is destroyed, it ends
/// the program, with the names on standard error. Throws: `usage_error` if the loop has a backend
/// with stacks already.
class backend final : public crossfade::backend {
 public:
  explicit backend(loop& owner, backend_options options = {});
  ~backend();

  /// Stacks made so far and not destroyed, idle ones included.
  std::size_t stacks() const noexcept;
  /// Looks at the stacks, with a system call for each.
  crossfade::fiber_backend::stack_stats stack_stats() const noexcept;

 private:
  std::unique_ptr<detail::engine> engine_;
  std::unique_ptr<hub> hub_;
};

}  // namespace crossfade::fiber_backend
