#pragma once

#include <stop_token>
#include <type_traits>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/detail/thread_call.hpp"
#include "compat/detail/thread_pool.hpp"
#include "compat/loop.hpp"
#include "compat/task.hpp"

namespace crossfade::detail {

template <class F>
inline constexpr bool takes_stop_token = std::is_invocable_v<F, std::stop_token>;

template <class F>
auto call_result() {
  if constexpr (takes_stop_token<F>) {
    return std::type_identity<std::invoke_result_t<F, std::stop_token>>();
  } else {
    return std::type_identity<std::invoke_result_t<F>>();
  }
}

/// A function on its way to a thread of the pool and back. `F` is a reference where the waiter
/// keeps the function, a value where the waiter may leave it behind.
template <class F>
class thread_work final : private thread_job, private ready_callback {
 public:
  using value_type = typename decltype(call_result<F>())::type;
  static_assert(!body_result<value_type>::is_task,
                "to_thread takes a plain function: tasks stay on the loop's thread");

  explicit thread_work(F&& function)
      : thread_job(&run_on_thread),
        ready_callback(&take_turn),
        function_(std::forward<F>(function)) {}

  /// `waiter` is completed when the function has ended.
  void submit(op_base& waiter) {
    task_state& task = waiter.task();
    waiter_ = &waiter;
    owner_ = &task.sched->owner;
    call_ = {task.variables, task.effective_deadline()};
    task.sched->threads->submit(*this);
    ++task.sched->threads_busy;
  }
  /// Asks the function to end, if it listens.
  void request_stop() noexcept {
    if constexpr (takes_stop_token<F>) stop_.request_stop();
  }
  /// The waiter leaves: this, which is on the heap, goes when the function has ended.
  void abandon() noexcept {
    request_stop();
    waiter_ = nullptr;
    --owner_->core().threads_busy;
  }

  /// How the function ended. One that was asked to stop may say that it did by throwing
  /// `cancelled`: then `waiter` throws what interrupted it.
  value_type take(task_state& waiter) {
    if constexpr (takes_stop_token<F>) {
      if (stop_.stop_requested() && threw_cancelled()) waiter.throw_interrupt();
    }
    return result_.take();
  }

 private:
  struct nothing {};

  static void run_on_thread(thread_job& job) noexcept {
    auto& self = static_cast<thread_work&>(job);
    this_thread_call = &self.call_;
    self.result_.set_from([&self]() -> decltype(auto) {
      if constexpr (takes_stop_token<F>) {
        return std::forward<F>(self.function_)(self.stop_.get_token());
      } else {
        return std::forward<F>(self.function_)();
      }
    });
    this_thread_call = nullptr;
    self.owner_->enqueue(self);
  }
  static void take_turn(ready_callback& callback, use how) {
    auto& self = static_cast<thread_work&>(callback);
    if (self.waiter_ != nullptr) {
      --self.owner_->core().threads_busy;
      self.waiter_->complete();
      return;
    }
    const std::unique_ptr<thread_work> abandoned(&self);
    const std::exception_ptr* failure = abandoned->result_.error();
    const bool stopped = abandoned->threw_cancelled();
    if (how == use::call && failure != nullptr && !stopped) abandoned->owner_->report(*failure);
  }
  bool threw_cancelled() const noexcept {
    if (result_.error() == nullptr) return false;
    try {
      std::rethrow_exception(*result_.error());
    } catch (const cancelled&) {
      return true;
    } catch (...) {
      return false;
    }
  }

  F function_;
  [[no_unique_address]] std::conditional_t<takes_stop_token<F>, std::stop_source, nothing> stop_;
  thread_call call_;
  op_base* waiter_ = nullptr;
  loop* owner_ = nullptr;
  result<value_type> result_;
};

}  // namespace crossfade::detail
