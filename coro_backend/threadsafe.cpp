#include "coro_backend/threadsafe.hpp"

#include "compat/detail/duration_text.hpp"
#include "compat/errors.hpp"

namespace crossfade::coro_backend::detail {

bool concurrent_core::cancel() {
  // The loop outlives a post under this lock: before it goes it ends what is pending.
  const std::lock_guard guard(mutex_);
  if (stage_ == stage::pending) {
    end(stage::cancelled);
    owner_.post([self = shared_from_this()] { self->cancel_task(); });
  }
  return stage_ == stage::cancelled;
}

bool concurrent_core::cancelled() const {
  const std::lock_guard guard(mutex_);
  return stage_ == stage::cancelled;
}

bool concurrent_core::done() const {
  const std::lock_guard guard(mutex_);
  return stage_ != stage::pending;
}

std::exception_ptr concurrent_core::exception(std::optional<duration> timeout) {
  const std::unique_lock held = wait(timeout);
  return error_;
}

void concurrent_core::task_made(future_core& task) {
  task_ = &task;
  if (cancelled()) task.owner().call_soon([self = shared_from_this()] { self->cancel_task(); });
}

void concurrent_core::task_done(future_core& task) noexcept {
  task_ = nullptr;
  const std::lock_guard guard(mutex_);
  if (stage_ != stage::pending) return;
  if (task.cancelled()) return end(stage::cancelled);
  error_ = task.outcome();
  try {
    if (error_ == nullptr) take_value(task);
  } catch (...) {
    error_ = std::current_exception();
  }
  end(stage::finished);
}

void concurrent_core::abandon() noexcept {
  task_ = nullptr;
  const std::lock_guard guard(mutex_);
  if (stage_ == stage::pending) end(stage::cancelled);
}

void concurrent_core::end(stage s) noexcept {
  stage_ = s;
  changed_.notify_all();
}

void concurrent_core::cancel_task() {
  if (task_ != nullptr) task_->cancel({});
}

std::unique_lock<std::mutex> concurrent_core::wait(std::optional<duration> timeout) {
  std::unique_lock held(mutex_);
  const auto there = [this] { return stage_ != stage::pending; };
  if (!there() && crossfade::detail::this_scheduler == &owner_.core()) {
    throw usage_error(
        "concurrent_future: waits on the thread of the loop that runs its task, which would never "
        "end: await the task instead");
  }
  if (!timeout) {
    changed_.wait(held, there);
  } else if (!changed_.wait_for(held, *timeout, there)) {
    throw timeout_error("concurrent_future: not done after " +
                        crossfade::detail::in_words(*timeout));
  }
  if (stage_ == stage::cancelled)
    throw task_cancelled("the task that was started from another thread was cancelled");
  return held;
}

void concurrent_core::require_value() const {
  if (error_ != nullptr) std::rethrow_exception(error_);
}

}  // namespace crossfade::coro_backend::detail
