#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/detail/stack_host.hpp"
#include "compat/op.hpp"
#include "compat/task.hpp"

namespace crossfade {

namespace detail {

template <class F>
class portal_op final {
  using value_type = std::invoke_result_t<F>;
  static_assert(!body_result<value_type>::is_task,
                "on_fiber takes blocking text; coroutine text is awaited as it is");

 public:
  using crossfade_awaitable = void;

  explicit portal_op(F&& function) noexcept : function_(std::forward<F>(function)) {}
  portal_op(const portal_op&) = delete;
  portal_op& operator=(const portal_op&) = delete;

  bool await_ready() {
    task_state& task = task_state::current();
    if (!task.on_stack()) {
      static_cast<void>(task.stacks());
      return false;
    }
    call(this);
    return true;
  }
  bool await_suspend(std::coroutine_handle<> caller) {
    task_state& task = *this_scheduler->current;
    task.resume_point = caller;
    return !task.sched->stacks->enter(task, &call, this);
  }
  value_type await_resume() { return result_.take(); }

 private:
  static void call(void* self) noexcept {
    auto& op = *static_cast<portal_op*>(self);
    op.result_.set_from(std::forward<F>(op.function_));
  }

  F&& function_;
  result<value_type> result_;
};

}  // namespace detail

/// A portal: runs blocking text from coroutine text, on a pooled stack lent for the call.
///
/// `function` runs as part of the same task: same id, cancellation and deadline. It may wait by
/// `await`, and call coroutine text through it; both nest to any depth. Where the task has a stack
/// already it is called in place. Cancellation: reaches the waits of `function`. Lifetime:
/// `function` is used where it stands. Throws: what `function` throws, of any type; `usage_error`
/// if the loop has no backend with stacks; an allocation error if there is no stack to be had.
/// Source: greenback's portals; awaitlet's `async_def`.
template <class F>
  requires std::is_invocable_v<F>
[[nodiscard("a portal does nothing until it is awaited")]] auto on_fiber(F&& function) {
  return detail::portal_op<F>(std::forward<F>(function));
}

}  // namespace crossfade
