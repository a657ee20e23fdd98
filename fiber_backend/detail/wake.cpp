#include "fiber_backend/detail/wake.hpp"

#include <algorithm>
#include <utility>

#include "compat/loop.hpp"

namespace crossfade::fiber_backend::detail {

void wake_now(crossfade::detail::op_base& op) {
  crossfade::detail::task_state& task = op.task();
  task.waiting_for = nullptr;
  task.sched->owner.run_now(*task.resume_node);
}

void throw_now(crossfade::detail::task_state& task, std::exception_ptr error) {
  if (task.throw_in(std::move(error))) task.sched->owner.run_now(*task.resume_node);
}

time_point due_after(const crossfade::detail::scheduler& sched, duration length) noexcept {
  const time_point now = sched.now();
  length = std::max(length, duration::zero());
  return length < time_point::max() - now ? now + length : time_point::max();
}

void wait_limit::begin(crossfade::detail::op_base& op,
                       const std::optional<duration>& length) noexcept {
  if (!length) return;
  op_ = &op;
  crossfade::detail::scheduler& sched = *op.task().sched;
  sched.timers.arm(*this, due_after(sched, *length));
}

void wait_limit::end() noexcept {
  if (armed) op_->task().sched->timers.cancel(*this);
}

void wait_limit::expire(crossfade::detail::timer& t) noexcept {
  auto& self = static_cast<wait_limit&>(t);
  self.expired_ = true;
  self.op_->rule_set().leave(*self.op_);
  wake_now(*self.op_);
}

}  // namespace crossfade::fiber_backend::detail
