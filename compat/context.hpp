#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "compat/detail/context.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/detail/thread_call.hpp"

namespace crossfade {

namespace detail {

/// The variables of the task that runs, or of the callback, if it has some; throws `usage_error`
/// elsewhere.
inline context& current_variables() {
  scheduler* const sched = this_scheduler;
  if (sched != nullptr && sched->current == nullptr && sched->callback_variables != nullptr)
    return *sched->callback_variables;
  return task_state::current().variables;
}

}  // namespace detail

/// A value that goes with a task and is handed down to the tasks it spawns: a request id, a locale.
///
/// A child begins with the values its spawner has at that moment; what either sets afterwards the
/// other does not see. One task has one value: portals, timeouts, shields and whatever it awaits
/// are the same task, so what is set in them is seen when they have returned; where that is not
/// wanted, use `scoped`. A function that `to_thread` runs reads the values of the task that waits
/// for it and may not set them. Cancellation: never waits. Threads: set on the loop's. Lifetime: as
/// a rule static; a value lives on in the tasks that have it. Source: contextvars.ContextVar.
/// Differs: gevent's contexts begin empty; here both backends inherit.
template <class T>
class context_var {
 public:
  class [[nodiscard("the former value is back when the scope ends")]] scope;

  explicit context_var(T default_value = T()) : default_(std::move(default_value)) {}
  context_var(const context_var&) = delete;
  context_var& operator=(const context_var&) = delete;

  /// The value of the running task, or the default where it has none and outside of tasks. The
  /// reference holds until the task sets the variable again.
  const T& get() const noexcept {
    const void* value = nullptr;
    if (const detail::scheduler* sched = detail::this_scheduler) {
      if (sched->current != nullptr) {
        value = sched->current->variables.find(id_);
      } else if (sched->callback_variables != nullptr) {
        value = sched->callback_variables->find(id_);
      }
    } else if (detail::this_thread_call != nullptr) {
      value = detail::this_thread_call->variables.find(id_);
    }
    return value != nullptr ? *static_cast<const T*>(value) : default_;
  }
  const T& operator*() const noexcept { return get(); }
  const T* operator->() const noexcept { return &get(); }

  /// Gives the running task this value. Throws: `usage_error` outside of a task.
  void set(T value) { set_in(detail::current_variables(), std::move(value)); }

  /// Gives the running task this value until the returned scope ends, in the same task; scopes of
  /// one variable end in reverse order. Throws: `usage_error` outside of a task.
  scope scoped(T value) { return scope(*this, detail::task_state::current(), std::move(value)); }

 private:
  void set_in(detail::context& variables, T value) const {
    variables.set(id_, std::make_shared<const T>(std::move(value)));
  }

  const std::uint64_t id_ = detail::next_variable_id();
  const T default_;
};

template <class T>
class context_var<T>::scope {
 public:
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope() { task_.variables.set(id_, std::move(former_)); }

 private:
  friend context_var;
  scope(const context_var& variable, detail::task_state& task, T value)
      : task_(task), id_(variable.id_), former_(task.variables.share(variable.id_)) {
    variable.set_in(task.variables, std::move(value));
  }

  detail::task_state& task_;
  const std::uint64_t id_;
  std::shared_ptr<const void> former_;
};

/// A value that each task has for itself and no other inherits: a buffer, a connection, a counter.
///
/// Made when a task first asks for it, destroyed when the task has ended, before those who join it
/// go on, last made first. A portal is its task, so it has the task's. Cancellation: never waits;
/// nor may the destructor of a value. Threads: the loop's only. Lifetime: as a rule static; values
/// outlive a variable that goes before their tasks. Throws: `usage_error` outside of a task; what
/// making a value throws. Source: gevent.local.local.
template <class T>
class task_local {
 public:
  task_local()
    requires std::default_initializable<T>
      : task_local([] { return T(); }) {}
  /// `make` is called once in each task that asks.
  explicit task_local(std::function<T()> make) : make_(std::move(make)) {}
  task_local(const task_local&) = delete;
  task_local& operator=(const task_local&) = delete;

  /// The running task's value; the reference holds until the task ends or resets it.
  T& get() {
    detail::variable_values& values = detail::task_state::current().own_values();
    const void* value = values.find(id_);
    if (value == nullptr) {
      auto made = std::make_shared<T>(make_());
      value = made.get();
      values.set(id_, std::move(made));
    }
    return *const_cast<T*>(static_cast<const T*>(value));
  }
  T& operator*() { return get(); }
  T* operator->() { return &get(); }

  /// Destroys the running task's value, if it has one; the next `get` makes another.
  void reset() { detail::task_state::current().own_values().set(id_, nullptr); }

 private:
  const std::uint64_t id_ = detail::next_variable_id();
  const std::function<T()> make_;
};

}  // namespace crossfade
