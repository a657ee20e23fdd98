#include "coro_backend/detail/wait.hpp"

#include "compat/errors.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend::detail {

void wait_base::enter() {
  task_ = current_task_core();
  // A cancellation that is due waits for the wait to begin, and is then thrown a turn later.
  if (task_ != nullptr && task_->must_cancel()) task_->take_back_thrown_in();
}

void wait_base::begin() {
  waits_ = true;
  if (task_ != nullptr) task_->begin_wait(*this);
}

void wait_base::resume() {
  if (waits_) owner_.enter_turn(turn_);
  if (task_ == nullptr) return;
  if (waits_) task_->end_wait();
  if (task_->must_cancel()) [[unlikely]]
    resume_cancelled();
}

void wait_base::resume_cancelled() {
  if (!waits_) {
    task_->tell_portable_waits();
    return;
  }
  std::exception_ptr own = task_->take_cancellation();
  if (std::exception_ptr came = cancellation_that_came()) std::rethrow_exception(came);
  std::rethrow_exception(own);
}

void wait_base::complete(crossfade::detail::op_base& op) noexcept {
  turn_ = owner_.next_turn();
  op.complete();
}

const crossfade::detail::wait_rules yield_op::rules_of_this{
    .name = "the loop to go round",
    .leave = [](crossfade::detail::op_base& /*op*/) noexcept { return false; },
    .holder = nullptr};

bool yield_op::start() {
  begin();
  wait_base::complete(*this);
  return false;
}

void future_wait_core::leave() noexcept {
  of_->remove(*this);
  if (of_->is_private()) of_->abandon();
}

void throw_waits_for_itself(const crossfade::detail::task_state& task) {
  throw usage_error(task.label() + " awaits itself");
}

}  // namespace crossfade::coro_backend::detail
