#include "compat/timeout.hpp"

#include "compat/detail/task_state.hpp"
#include "compat/detail/thread_call.hpp"

namespace crossfade {

std::optional<time_point> effective_deadline() noexcept {
  if (const detail::scheduler* sched = detail::this_scheduler) {
    if (sched->current != nullptr) return sched->current->effective_deadline();
  } else if (detail::this_thread_call != nullptr) {
    return detail::this_thread_call->deadline;
  }
  return std::nullopt;
}

namespace detail {

namespace {

std::string in_seconds(duration length) {
  return std::to_string(std::chrono::duration<double>(length).count()) + " s";
}

}  // namespace

timeout_scope::timeout_scope(duration length) : timer(&expire), length_(length) {
  scheduler& sched = *task().sched;
  const time_point now = sched.now();
  if (length <= duration::zero()) {
    set_deadline(now);
    expire(*this);
  } else if (length < time_point::max() - now) {
    set_deadline(now + length);
    sched.timers.arm(*this, now + length);
  }
}

timeout_scope::~timeout_scope() { task().sched->timers.cancel(*this); }

void timeout_scope::expire(timer& t) noexcept {
  auto& self = static_cast<timeout_scope&>(t);
  self.cancel("timed out after " + in_seconds(self.length_));
}

void timeout_scope::rethrow(const std::exception_ptr& error) const {
  if (owns(error)) throw timeout_error(task().label() + ": timed out after " + in_seconds(length_));
  std::rethrow_exception(error);
}

}  // namespace detail

}  // namespace crossfade
