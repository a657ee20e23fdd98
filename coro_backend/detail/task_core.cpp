#include "coro_backend/detail/task_core.hpp"

#include "coro_backend/detail/exception_kind.hpp"
#include "coro_backend/detail/wait.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend::detail {

task_core* current_task_core() noexcept {
  const crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
  if (sched == nullptr || sched->current == nullptr) return nullptr;
  return dynamic_cast<task_core*>(sched->current);
}

task_core::task_core(future_core& outcome, const crossfade::detail::task_origin& origin,
                     bool blocking_text)
    : task_state(outcome.owner().sched(), origin, blocking_text), outcome_(outcome) {
  if (sched->current == nullptr && sched->callback_variables != nullptr)
    variables = *sched->callback_variables;
}

void task_core::enlist_in_loop() {
  owner().enlist(*this);
  turn_ = owner().next_turn();
  enlist();
}

std::string task_core::display_name() const {
  if (!new_name_.empty()) return new_name_;
  if (!name().empty()) return std::string(name());
  return "Task-" + std::to_string(number_);
}

bool task_core::cancel_once_more(const cancel_message& message) {
  outcome_.mark_retrieved();
  if (outcome_.done() || cancels_wait_) return false;  // it waits for itself, by way of others
  ++cancels_;
  if (wait_ != nullptr) {
    cancels_wait_ = true;
    const bool went_on = wait_->cancel(message);
    cancels_wait_ = false;
    if (went_on) return true;
  } else if (waiting_for != nullptr) {
    // A portable wait: left at once, or where that cannot be, the next throws.
    if (throw_in(std::make_exception_ptr(cancelled_error(message)))) {
      waiting_for = nullptr;
      wake();
    }
    return true;
  }
  must_cancel_ = true;
  message_ = message;
  if (wait_ == nullptr && started_) tell_portable_waits();
  return true;
}

void task_core::step_begins() noexcept {
  if (owner().get_debug()) [[unlikely]]
    step_began_ = std::chrono::steady_clock::now();
}

void task_core::step_ends() noexcept {
  if (step_began_ == std::chrono::steady_clock::time_point()) [[likely]]
    return;
  const duration took = std::chrono::steady_clock::now() - std::exchange(step_began_, {});
  if (owner().get_debug() && took >= owner().slow_callback_duration)
    owner().report_slow(label(), took);
}

void task_core::begin_wait(wait_base& w) {
  step_ends();
  wait_ = &w;
  if (must_cancel_ && w.cancel(message_)) must_cancel_ = false;
}

std::exception_ptr task_core::take_cancellation() {
  must_cancel_ = false;
  take_back_thrown_in();
  return std::make_exception_ptr(cancelled_error(message_));
}

void task_core::tell_portable_waits() {
  take_back_thrown_in();
  throw_in(std::make_exception_ptr(cancelled_error(message_)));
}

std::exception_ptr task_core::begin_body() {
  started_ = true;
  owner().enter_turn(turn_);
  step_begins();
  return must_cancel_ ? take_cancellation() : nullptr;
}

const std::exception_ptr* task_core::end_body(const std::exception_ptr* error, bool ran,
                                              bool& wants_value) {
  step_ends();
  mark_observed();  // asyncio has its own way to report what nobody retrieved
  if (!ran) {
    end_cancelled(nullptr, cancel_requested() ? cancel_message(cancel_reason()) : message_);
  } else if (error == nullptr) {
    if (must_cancel_) {
      end_cancelled(nullptr, message_);
    } else {
      wants_value = true;
    }
  } else if (is_cancellation(*error)) {
    end_cancelled(*error, {});
  } else {
    end_failed(*error);
  }
  return cancel_requested() ? error : nullptr;
}

void task_core::leave_loop() noexcept {
  owner().delist(*this);
  outcome_.release();
}

}  // namespace crossfade::coro_backend::detail
