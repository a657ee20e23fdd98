#include "fiber_backend/timeout.hpp"

#include <utility>

#include "compat/detail/task_state.hpp"
#include "fiber_backend/detail/wake.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend {

timeout::timeout(std::optional<duration> length)
    : timer(&expire), length_(length), id_(++get_hub().sched().last_id) {}

timeout::timeout(std::optional<duration> length, std::exception_ptr exception)
    : timer(&expire),
      length_(length),
      exception_(std::move(exception)),
      id_(++get_hub().sched().last_id) {}

timeout::timeout(std::optional<duration> length, silent_t /*tag*/)
    : timer(&expire), length_(length), id_(++get_hub().sched().last_id), silent_(true) {}

timeout::~timeout() { close(); }

void timeout::start() {
  if (pending() || (closed_ && length_)) {
    throw cannot_start(pending() ? "timeout::start: it runs already; cancel it first"
                                 : "timeout::start: it was closed; make another");
  }
  crossfade::detail::task_state& task = crossfade::detail::task_state::current();
  if (!length_) return;
  forget_task();
  task_ = &task;
  task.add_reference();
  task.sched->timers.arm(*this, detail::due_after(*task.sched, *length_));
}

void timeout::forget_task() noexcept {
  if (task_ != nullptr) std::exchange(task_, nullptr)->release();
}

void timeout::cancel() noexcept {
  if (pending()) task_->sched->timers.cancel(*this);
  forget_task();
}

void timeout::close() noexcept {
  cancel();
  closed_ = true;
}

void timeout::expire(crossfade::detail::timer& t) noexcept {
  auto& self = static_cast<timeout&>(t);
  crossfade::detail::task_state& task = *std::exchange(self.task_, nullptr);
  if (!task.done()) {
    detail::throw_now(task, self.exception_ != nullptr
                                ? self.exception_
                                : std::make_exception_ptr(timeout_expired(self.id_)));
  }
  task.release();  // the task may have destroyed this timeout by now
}

bool timeout::is_silenced(const std::exception_ptr& error) const noexcept {
  if (!silent_) return false;
  try {
    std::rethrow_exception(error);
  } catch (const timeout_expired& e) {
    return raised(e);
  } catch (...) {
    return false;
  }
}

}  // namespace crossfade::fiber_backend
