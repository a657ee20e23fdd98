#pragma once

#include <optional>
#include <utility>

#include "compat/context.hpp"
#include "compat/detail/scheduler.hpp"
#include "fiber_backend/detail/greenlet_core.hpp"
#include "fiber_backend/errors.hpp"

namespace crossfade::fiber_backend {

/// A value that each greenlet, and each other task, has for itself; the hub too.
///
/// Cancellation: never waits. Threads: the loop's only. Lifetime: values go with their tasks.
/// Source: an attribute of gevent.local.local. Differs from the portable `task_local`: there is no
/// value before one is set.
template <class T>
class local final {
 public:
  local() = default;
  local(const local&) = delete;
  local& operator=(const local&) = delete;

  void set(T value) { slot() = std::move(value); }
  bool has_value() { return slot().has_value(); }
  /// Throws: `no_local_value`.
  T& get() {
    std::optional<T>& value = slot();
    if (!value) throw no_local_value("local: there is no value here; set one first");
    return *value;
  }
  /// As if none had been set. Source: del.
  void reset() { slot().reset(); }

 private:
  std::optional<T>& slot() {
    const crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
    return sched != nullptr && sched->current != nullptr ? of_tasks_.get() : of_hub_;
  }

  task_local<std::optional<T>> of_tasks_{[] {
    detail::link_nothing_to_current();  // as gevent does, to drop the value at the greenlet's end
    return std::optional<T>();
  }};
  std::optional<T> of_hub_;
};

}  // namespace crossfade::fiber_backend
