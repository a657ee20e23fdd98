#include "coro_backend/task_group.hpp"

#include <algorithm>

#include "compat/errors.hpp"
#include "coro_backend/detail/exception_kind.hpp"
#include "coro_backend/detail/wait.hpp"

namespace crossfade::coro_backend {

void task_group::require_open() const {
  if (loop_ == nullptr) throw usage_error("a task is created in a group that was not entered");
  if (exiting_ && tasks_.empty()) throw usage_error("a task is created in a group that is over");
  if (aborting_) throw usage_error("a task is created in a group that is shutting down");
}

void task_group::adopt(const any_task& child) {
  child.core().add_done_callback([this](detail::future_core& of) { child_done(of); }, this);
  tasks_.push_back(child);
}

void task_group::abort() {
  aborting_ = true;
  const std::vector<any_future> children = tasks_;
  for (const any_future& child : children) {
    if (!child.done()) child.cancel();
  }
}

void task_group::child_done(detail::future_core& child) {
  std::erase(tasks_, any_future(child));
  if (completed_ && tasks_.empty()) completed_->set_unless_done();
  if (child.cancelled()) return;
  const std::exception_ptr error = child.exception();
  if (error == nullptr) return;
  errors_.push_back(error);
  if (aborting_ || parent_cancel_requested_) return;
  abort();
  parent_cancel_requested_ = true;
  parent_.cancel();
}

crossfade::task<> task_group::aenter() {
  if (loop_ != nullptr) throw usage_error("a group is entered twice");
  parent_ = current_task();
  if (!parent_) {
    throw usage_error(
        "an asyncio group is entered by a task that is none of asyncio's: use with_task_group");
  }
  loop_ = &get_running_loop();
  co_return;
}

crossfade::task<> task_group::aexit(std::exception_ptr error) {
  exiting_ = true;
  const bool was_cancelled = detail::is_cancellation(error);
  std::exception_ptr cancellation;
  if (was_cancelled) cancellation = error;
  if (parent_cancel_requested_ && parent_.uncancel() == 0) cancellation = nullptr;
  if (error != nullptr && !aborting_) abort();

  while (!tasks_.empty()) {
    static constexpr auto rules = detail::private_rules("the tasks of an asyncio group");
    completed_ = detail::counted(new detail::private_future(*loop_, rules));
    try {
      detail::future_wait<void> wait(*completed_);
      co_await wait;
    } catch (const cancelled&) {
      if (!aborting_) {
        cancellation = std::current_exception();
        abort();
      }
    }
    completed_ = {};
  }
  if (cancellation != nullptr && errors_.empty()) std::rethrow_exception(cancellation);
  if (error != nullptr && !was_cancelled) errors_.push_back(error);
  if (!errors_.empty())
    throw_exception_group("unhandled errors in a task_group", std::exchange(errors_, {}));
}

}  // namespace crossfade::coro_backend
