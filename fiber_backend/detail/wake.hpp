#pragma once

#include <exception>
#include <optional>

#include "compat/clock.hpp"
#include "compat/detail/op_base.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/detail/timer_queue.hpp"

namespace crossfade::fiber_backend::detail {

/// Gives the task of `op`, which has left whatever it waited in, a turn at once: gevent's direct
/// switch from the hub.
void wake_now(crossfade::detail::op_base& op);
/// Throws `error` in the task, at once if it stands in a wait that can be left: gevent's `throw`.
void throw_now(crossfade::detail::task_state& task, std::exception_ptr error);

/// The time limit of one wait. When it expires, the operation leaves what it waits in, and its task
/// goes on at once.
class wait_limit : private crossfade::detail::timer {
 public:
  wait_limit() noexcept : timer(&expire) {}
  /// None: no limit. Less than zero counts as zero, which is over when nothing is ready any more.
  void begin(crossfade::detail::op_base& op, const std::optional<duration>& length) noexcept;
  void end() noexcept;
  bool expired() const noexcept { return expired_; }

 private:
  static void expire(crossfade::detail::timer& t) noexcept;

  crossfade::detail::op_base* op_ = nullptr;
  bool expired_ = false;
};

/// The moment `length` from now; a length that is too long never ends.
time_point due_after(const crossfade::detail::scheduler& sched, duration length) noexcept;

}  // namespace crossfade::fiber_backend::detail
