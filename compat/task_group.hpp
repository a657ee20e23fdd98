#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "compat/backend.hpp"
#include "compat/detail/group_state.hpp"
#include "compat/shield.hpp"
#include "compat/spawn.hpp"
#include "compat/task.hpp"

namespace crossfade {

class task_group;

template <class Body, class T = detail::result_of<Body, task_group&>>
task<T> with_task_group(Body&& body);

/// Tasks that end before the scope that spawned them does; see `with_task_group`.
class task_group : public detail::spawner<task_group> {
 public:
  /// Spawns on a backend of one's choice instead of the owner's: `group.on(coro).spawn(f)`.
  class placement : public detail::spawner<placement> {
   public:
    template <class F, class... A>
    auto launch(const spawn_options& options, F&& f, A&&... a) {
      return group_.launch_on(carrier_, options, std::forward<F>(f), std::forward<A>(a)...);
    }

   private:
    friend task_group;
    placement(task_group& group, backend& carrier) noexcept : group_(group), carrier_(carrier) {}
    task_group& group_;
    backend& carrier_;
  };
  placement on(backend& carrier) noexcept { return {*this, carrier}; }

  /// Cancels all children and the body. `with_task_group` then ends without an error of its own,
  /// unless its body owed a value and has none: `task_cancelled`.
  void cancel(const std::string& reason = "the group was cancelled") { state_.cancel(reason); }

  /// For `spawn`.
  template <class F, class... A>
  auto launch(const spawn_options& options, F&& f, A&&... a) {
    return launch_on(*state_.owner().carrier, options, std::forward<F>(f), std::forward<A>(a)...);
  }

 private:
  template <class Body, class T>
  friend task<T> crossfade::with_task_group(Body&& body);

  task_group() = default;

  template <class F, class... A>
  auto launch_on(backend& carrier, const spawn_options& options, F&& f, A&&... a) {
    detail::task_state& owner = state_.owner();
    return child(detail::spawn_task(*owner.sched,
                                    {&carrier, owner.system, &state_, options.name, options.site},
                                    false, std::forward<F>(f), std::forward<A>(a)...));
  }

  detail::group_state state_;
};

/// Runs `body(group)`, of either text, and returns its value when it and every task spawned in the
/// group have ended.
///
/// The first failure, of a child or of the body, cancels the others. One failure is thrown as it
/// is, several as a `task_group_error`. Tasks of the group may spawn further ones into it.
/// Cancellation: cancels the children and waits for their end; then `cancelled` is thrown, and
/// failures of children are reported. Lifetime: `body` is used where it stands. Source:
/// asyncio.TaskGroup, gevent.pool.Group.
template <class Body, class T>
task<T> with_task_group(Body&& body) {
  task_group group;
  detail::result<T> value;
  try {
    if constexpr (std::is_void_v<T>) {
      if constexpr (detail::is_coroutine_text<Body, task_group&>) {
        co_await std::invoke(body, group);
      } else {
        std::invoke(body, group);
      }
      value.set_value();
    } else if constexpr (detail::is_coroutine_text<Body, task_group&>) {
      value.set_value(co_await std::invoke(body, group));
    } else {
      value.set_value(std::invoke(body, group));
    }
  } catch (...) {
    group.state_.body_failed(std::current_exception());
  }
  try {
    co_await group.state_.all_ended();
  } catch (...) {
    group.state_.body_failed(std::current_exception());
  }
  // Cancelled while it waited: so are the children, and they must still end before the group does.
  // Not even the end of the loop, which ends shields, may cut that short.
  while (!group.state_.empty()) {
    const detail::cancel_scope until_ended(detail::cancel_scope::kind::shield);
    try {
      co_await group.state_.all_ended();
    } catch (const cancelled&) {
    }
  }
  group.state_.rethrow();
  if constexpr (!std::is_void_v<T>) {
    if (value.empty()) throw task_cancelled("the group was cancelled before its body had a value");
    co_return value.take();
  }
}

}  // namespace crossfade
