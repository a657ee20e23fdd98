#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/detail/thread_pool.hpp"
#include "compat/loop.hpp"
#include "compat/op.hpp"

namespace crossfade {

namespace detail {

template <class F>
class thread_op final : public waitable<thread_op<F>>, private thread_job, private ready_callback {
  using value_type = std::invoke_result_t<F>;
  static_assert(!body_result<value_type>::is_task,
                "to_thread takes a plain function: tasks stay on the loop's thread");

 public:
  explicit thread_op(F&& function)
      : waitable<thread_op>(rules_of_this),
        thread_job(&run_on_thread),
        ready_callback(&take_turn),
        function_(std::forward<F>(function)) {}

 private:
  friend waitable<thread_op>;
  static constexpr wait_rules rules_of_this{
      .name = "a thread", .leave = [](op_base&) noexcept { return false; }, .holder = nullptr};

  bool start() {
    scheduler& sched = *this->task().sched;
    sched.threads->submit(*this);
    ++sched.threads_busy;
    return false;
  }
  static void run_on_thread(thread_job& job) noexcept {
    auto& self = static_cast<thread_op&>(job);
    loop& owner = self.task().sched->owner;
    self.result_.set_from(std::forward<F>(self.function_));
    owner.enqueue(self);
  }
  static void take_turn(ready_callback& callback, use) {
    auto& self = static_cast<thread_op&>(callback);
    --self.task().sched->threads_busy;
    self.complete();
  }
  value_type take() { return result_.take(); }

  F&& function_;
  result<value_type> result_;
};

}  // namespace detail

/// Runs a blocking function on a thread of the loop's pool while other tasks run.
///
/// `function` is called with no arguments and lives in the awaiting expression, so it may refer to
/// the caller's locals. It must not touch what belongs to the loop, but for `loop::post`.
/// Cancellation: the waiter leaves only when the function has ended; it then gets the result, and
/// the cancellation at its next wait. Order: functions start in the order asked; at most
/// `loop_options::max_threads` run at a time. Throws: what the function throws, of any type.
/// Source: asyncio.to_thread, gevent.threadpool. Differs: asyncio's waiter leaves at once and
/// abandons the thread.
template <class F>
  requires std::is_invocable_v<F>
auto to_thread(F&& function) {
  return detail::thread_op<F>(std::forward<F>(function));
}

}  // namespace crossfade
