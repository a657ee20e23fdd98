#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/detail/thread_call.hpp"
#include "compat/detail/thread_pool.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

namespace detail {

/// What a call on another thread is, but for its function.
class executor_call : public crossfade::detail::thread_job,
                      public crossfade::detail::ready_callback,
                      private link {
 public:
  executor_call(future_core& to, bool with_variables);
  virtual ~executor_call();
  void submit();

 protected:
  future_core& to() const noexcept { return *to_; }

 private:
  enum class stage : std::uint8_t { queued, running, cancelled };
  virtual void run_function() noexcept = 0;
  virtual void pass_on() = 0;
  void done(future_core& of) noexcept override;
  void forget() noexcept override {}
  static void run_on_thread(crossfade::detail::thread_job& job) noexcept;
  static void take_turn(crossfade::detail::ready_callback& callback, use how);

  loop& loop_;  // outlives the thread's work, as the event loop may not
  counted<future_core> to_;
  std::atomic<stage> stage_ = stage::queued;
  bool submitted_ = false;
  crossfade::detail::thread_call call_;
};

template <class T, class F>
class executor_call_of final : public executor_call {
 public:
  template <class G>
  executor_call_of(future_of<T>& to, bool with_variables, G&& f)
      : executor_call(to, with_variables), function_(std::forward<G>(f)) {}

 private:
  void run_function() noexcept override { result_.set_from(std::move(function_)); }
  void pass_on() override {
    if (to().done()) return;  // whoever waited was cancelled
    auto& future = static_cast<future_of<T>&>(to());
    if (const std::exception_ptr* error = result_.error()) {
      future.set_exception(*error);
    } else if constexpr (std::is_void_v<T>) {
      future.set_result();
    } else {
      future.set_result(result_.take());
    }
  }

  F function_;
  crossfade::detail::result<T> result_;
};

template <class F>
auto call_on_thread(F&& function, bool with_variables) {
  using value = std::invoke_result_t<std::decay_t<F>>;
  const future<value> result = get_running_loop().create_future<value>();
  auto* call = new executor_call_of<value, std::decay_t<F>>(
      static_cast<future_of<value>&>(result.core()), with_variables, std::forward<F>(function));
  call->submit();
  return future_base<value>(result);
}

}  // namespace detail

/// Has `function()` run on a thread of the loop's pool: a future of its value.
///
/// `function` is copied or moved, must own all it uses, and sees no context variables.
/// Cancellation: of the future: who waits goes on at once; a function that waits for a thread never
/// runs; one that runs goes on, and its outcome is dropped. Threads: called on the loop's. Throws:
/// `std::system_error` if no thread could be started. Source: loop.run_in_executor. Differs: one
/// pool.
template <class F>
auto run_in_executor(F&& function) {
  return detail::call_on_thread(std::forward<F>(function), false);
}

/// The same, and `function` sees the context variables of now. Cancellation: as there. Source:
/// asyncio.to_thread. Differs from the portable `to_thread`, whose waiter stays until the function
/// has ended.
template <class F>
auto to_thread(F&& function) {
  return detail::call_on_thread(std::forward<F>(function), true);
}

}  // namespace crossfade::coro_backend
