#include "compat/sleep.hpp"

#include <algorithm>

#include "compat/detail/duration_text.hpp"

namespace crossfade::detail {

const wait_rules sleep_op::rules_of_this{
    .name = "sleep", .leave = &leave, .holder = nullptr, .details = &rest};

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

std::string sleep_op::rest(const op_base& op) {
  const time_point due = static_cast<const sleep_op&>(op).wake_.due;
  if (due == time_point::max()) return " without an end";
  return ", " + in_words(std::max(duration::zero(), due - op.task().sched->now())) + " more";
}

}  // namespace crossfade::detail
