#include "compat/timeout.hpp"

#include "compat/detail/task_state.hpp"

namespace crossfade::detail {

namespace {

std::string in_seconds(duration length) {
  return std::to_string(std::chrono::duration<double>(length).count()) + " s";
}

}  // namespace

timeout_scope::timeout_scope(duration length) : timer(&expire), length_(length) {
  scheduler& sched = *task().sched;
  const time_point now = sched.now();
  if (length <= duration::zero()) {
    expire(*this);
  } else {
    sched.timers.arm(*this, length < time_point::max() - now ? now + length : time_point::max());
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

}  // namespace crossfade::detail
