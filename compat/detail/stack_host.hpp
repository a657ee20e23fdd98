#pragma once

#include "compat/clock.hpp"
#include "compat/detail/ready_queue.hpp"

namespace crossfade::detail {

class task_state;

/// What the loop needs of whoever has stacks. The one seam between the loop and a stack engine.
///
/// "Hub" is the stack that `loop::run` was called on: callbacks and coroutines run there.
class stack_host {
 public:
  stack_host() = default;
  virtual ~stack_host() = default;
  stack_host(const stack_host&) = delete;
  stack_host& operator=(const stack_host&) = delete;

  /// The loop begins and ends a run on this thread.
  virtual void begin_run() = 0;
  virtual void end_run() noexcept = 0;

  /// From the hub: switches to the stack that `node` stands for, or to one on which `task` starts.
  /// Returns when some stack has switched back to the hub. `start` throws if there is no stack to
  /// be had.
  virtual void resume(ready_node& node) noexcept = 0;
  virtual void start(task_state& task) = 0;

  /// From a stack: lets others run; returns when this stack is resumed.
  virtual void park() noexcept = 0;

  /// From the hub: runs `body(argument)` for `task` on a stack. True: it has ended. False: it
  /// waits; when it has ended, the coroutine of the task is resumed in the same turn. Throws if
  /// there is no stack to be had.
  virtual bool enter(task_state& task, void (*body)(void*) noexcept, void* argument) = 0;

  /// From the hub: lets foreign fibers that sleep, ended or were woken by another thread make
  /// progress. Returns when the next of them is due (`time_point::max()`: none sleeps).
  virtual time_point tend() noexcept = 0;
  /// Whether `tend` has anything to do between two idle moments.
  virtual bool needs_tending() const noexcept = 0;
};

}  // namespace crossfade::detail
