#include "compat/sleep.hpp"

namespace crossfade::detail {

const wait_rules sleep_op::rules_of_this{.name = "sleep", .leave = &leave, .holder = nullptr};
bool sleep_op::start() {
  scheduler& sched = *task().sched;
  const time_point now = sched.now();
  if (wake_.due == time_point::max() && length_ < time_point::max() - now)
    wake_.due = now + length_;
  wake_.op = this;
  if (wake_.due <= now) {
    complete();
  } else {
    sched.timers.arm(wake_, wake_.due);
  }
  return false;
}

void sleep_op::alarm::ring(timer& t) noexcept { static_cast<alarm&>(t).op->complete(); }

bool sleep_op::leave(op_base& op) noexcept {
  auto& self = static_cast<sleep_op&>(op);
  self.task().sched->timers.cancel(self.wake_);
  return true;
}

}  // namespace crossfade::detail
