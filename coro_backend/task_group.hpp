#pragma once

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

#include "compat/task.hpp"
#include "coro_backend/event_loop.hpp"
#include "coro_backend/future.hpp"

namespace crossfade::coro_backend {

/// Tasks that end before the stretch of text does that started them, with `async_with`.
///
/// When one fails, the others are cancelled, in the order they were created, and so is the body;
/// the end is an `exception_group` with all failures, the body's last. Cancellation: of the task
/// that waits in it cancels the children, and comes when they have ended. Threads: the loop's only.
/// Throws: `usage_error` where no asyncio task enters it. Source: asyncio.TaskGroup. Differs from
/// the portable `with_task_group`: a single failure arrives in a group too.
class task_group : public detail::task_creator<task_group> {
 public:
  task_group() = default;
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// For `create_task`. Throws: `usage_error` if it has not been entered, is over, or is ending for
  /// a failure.
  template <class F, class... A>
  task<detail::task_value<F, A...>> launch(const task_options& options, F&& f, A&&... a) {
    require_open();
    auto made = loop_->launch(options, std::forward<F>(f), std::forward<A>(a)...);
    adopt(made);
    return made;
  }

  // --- for `async_with` ---
  crossfade::task<> aenter();
  crossfade::task<> aexit(std::exception_ptr error);

 private:
  void require_open() const;
  void adopt(const any_task& child);
  void child_done(detail::future_core& child);
  void abort();

  event_loop* loop_ = nullptr;
  any_task parent_;
  std::vector<any_future> tasks_;
  std::vector<std::exception_ptr> errors_;
  detail::counted<detail::private_future> completed_;  // while `aexit` waits
  bool exiting_ = false;
  bool aborting_ = false;
  bool parent_cancel_requested_ = false;
};

}  // namespace crossfade::coro_backend
