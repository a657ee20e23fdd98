#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "compat/context.hpp"
#include "compat/task.hpp"

namespace crossfade::coro_backend {

/// Copied when a task, or a callback, is created. Source: contextvars.ContextVar.
template <class T>
using context_var = crossfade::context_var<T>;

/// Values of context variables that tasks run in together, `create_task({.context = &c}, f)`: what
/// one sets, the others see, and who asks with `run`. Copies are the same context.
///
/// Cancellation: never waits. Threads: the loop's only. Lifetime: shared with the tasks that run in
/// it; the reference that `context_var::get` gives holds until any of them sets the variable again.
/// Source: contextvars.Context. Differs: may be entered again where it is entered already.
class context {
 public:
  /// Without values: each variable has its default.
  context() : values_(crossfade::detail::context().made_common()) {}
  /// For the runtime: with a copy of these.
  explicit context(const crossfade::detail::context& values) : values_(values.made_common()) {}
  context(const context& other) noexcept : values_(other.values_.same()) {}
  context& operator=(const context& other) noexcept {
    values_ = other.values_.same();
    return *this;
  }
  ~context() = default;

  /// Calls `function()`, blocking text, in it, and gives its value. Throws: what the function
  /// throws; `usage_error` outside of a task or callback.
  template <class F>
  decltype(auto) run(F&& function) const {
    static_assert(!crossfade::detail::is_coroutine_text<F&>,
                  "coroutine text runs when it is awaited: create a task with this context");
    const entered scope(*this);
    return std::invoke(function);
  }

  /// For the runtime: the same values, for a task to run in.
  crossfade::detail::context values() const noexcept { return values_.same(); }

 private:
  class entered {
   public:
    explicit entered(const context& c)
        : place_(crossfade::detail::current_variables()),
          former_(std::exchange(place_, c.values())) {}
    entered(const entered&) = delete;
    entered& operator=(const entered&) = delete;
    ~entered() { place_ = std::move(former_); }

   private:
    crossfade::detail::context& place_;
    crossfade::detail::context former_;
  };

  crossfade::detail::context values_;  // common
};

/// One with the values that the running task, or callback, has now. Throws: `usage_error`
/// elsewhere. Source: contextvars.copy_context.
inline context copy_context() { return context(crossfade::detail::current_variables()); }

}  // namespace crossfade::coro_backend
