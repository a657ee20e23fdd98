#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compat/clock.hpp"
#include "compat/handle.hpp"
#include "compat/loop.hpp"
#include "compat/task.hpp"

namespace crossfade {

namespace detail {

/// Tasks that somebody still wants to look at.
class task_references {
 public:
  task_references() = default;
  task_references(task_references&& other) noexcept = default;
  task_references& operator=(task_references&&) = delete;
  ~task_references() {
    for (task_state* t : tasks_) t->release();
  }
  template <class T>
  void add(const handle<T>& h) {
    if (!h) return;
    tasks_.push_back(&h.record());
    h.record().add_reference();
  }
  const std::vector<task_state*>& tasks() const noexcept { return tasks_; }

 private:
  std::vector<task_state*> tasks_;
};

task<std::vector<task_info>> cancel_and_join(duration grace, task_references tasks);

}  // namespace detail

/// Cancels the tasks of the handles, waits for their end, at most `grace`, and gives those that had
/// not ended by then, with what they wait for: the way to stop tasks that may not stop.
///
/// Handles without a task are passed over. The values and failures of the tasks stay with their
/// handles; to be rid of a survivor, `detach` it or cancel it again through a scope of its own.
/// Order: all are cancelled before the first is waited for, survivors come in the order given.
/// Units: `grace` counts from the moment this is awaited. Cancellation: the caller leaves; the
/// tasks stay cancelled. Lifetime: the handles outlive the call. Source: gevent.killall(timeout=),
/// asyncio.wait(timeout=) after cancel. Differs: gives the survivors of both.
template <class T>
task<std::vector<task_info>> cancel_and_join(duration grace, std::span<handle<T>> handles) {
  detail::task_references tasks;
  for (const handle<T>& h : handles) tasks.add(h);
  co_return co_await detail::cancel_and_join(grace, std::move(tasks));
}
template <class T>
task<std::vector<task_info>> cancel_and_join(duration grace, std::vector<handle<T>>& handles) {
  return cancel_and_join(grace, std::span<handle<T>>(handles));
}
template <class... T>
task<std::vector<task_info>> cancel_and_join(duration grace, handle<T>&... handles) {
  detail::task_references tasks;
  (tasks.add(handles), ...);
  co_return co_await detail::cancel_and_join(grace, std::move(tasks));
}

}  // namespace crossfade
