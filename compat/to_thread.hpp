#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "compat/detail/thread_work.hpp"
#include "compat/op.hpp"

namespace crossfade {

/// Says that a waiter who is interrupted leaves the function behind; see `to_thread`.
struct abandon_on_cancel_t {};
inline constexpr abandon_on_cancel_t abandon_on_cancel{};

namespace detail {

template <class F>
concept thread_function = std::is_invocable_v<F> || takes_stop_token<F>;

template <class F>
class thread_op final : public waitable<thread_op<F>> {
 public:
  explicit thread_op(F&& function)
      : waitable<thread_op>(rules_of_this), work_(std::forward<F>(function)) {}

 private:
  friend waitable<thread_op>;
  static bool leave(op_base& op) noexcept {
    static_cast<thread_op&>(op).work_.request_stop();
    return false;
  }
  static constexpr wait_rules rules_of_this{.name = "a thread", .leave = &leave, .holder = nullptr};

  bool start() {
    work_.submit(*this);
    return false;
  }
  decltype(auto) take() { return work_.take(this->task()); }

  thread_work<F&&> work_;
};

template <class F>
class abandonable_thread_op final : public waitable<abandonable_thread_op<F>> {
 public:
  explicit abandonable_thread_op(F function)
      : waitable<abandonable_thread_op>(rules_of_this),
        work_(std::make_unique<thread_work<F>>(std::move(function))) {}

 private:
  friend waitable<abandonable_thread_op>;
  static bool leave(op_base& op) noexcept {
    static_cast<abandonable_thread_op&>(op).work_.release()->abandon();
    return true;
  }
  static constexpr wait_rules rules_of_this{.name = "a thread", .leave = &leave, .holder = nullptr};

  bool start() {
    work_->submit(*this);
    return false;
  }
  decltype(auto) take() { return work_->take(this->task()); }

  std::unique_ptr<thread_work<F>> work_;
};

}  // namespace detail

/// Runs a blocking function on a thread of the loop's pool while other tasks run.
///
/// `function` lives in the awaiting expression, so it may refer to the caller's locals. It must not
/// touch what belongs to the loop, but for `loop::post`; it reads the caller's `context_var`s and
/// `effective_deadline()`. Order: functions start in the order asked; at most
/// `loop_options::max_threads` run at a time. A loop that has nothing else to do looks for the end
/// for a while, up to 200 us, before it sleeps. Cancellation: the waiter leaves only when the
/// function has ended; it then gets the result, and the cancellation at its next wait. A function
/// that takes a `std::stop_token` is asked by it to end early, by a timeout too, and may do so by
/// throwing `cancelled`: the waiter then throws what interrupted it. Throws: what the function
/// throws, of any type. Source: asyncio.to_thread, gevent.threadpool. Differs: asyncio's waiter
/// leaves at once.
template <detail::thread_function F>
auto to_thread(F&& function) {
  return detail::thread_op<F>(std::forward<F>(function));
}

/// As above, but a waiter that is interrupted leaves at once, and the function runs on by itself.
///
/// Written `to_thread(abandon_on_cancel, f)`. `function` is copied or moved and must own all it
/// uses; its value is then dropped, a failure told to the loop's error handler. The loop's
/// destructor waits for it. Source: anyio.to_thread.run_sync(abandon_on_cancel=True).
template <class F>
  requires detail::thread_function<std::decay_t<F>>
auto to_thread(abandon_on_cancel_t /*tag*/, F&& function) {
  return detail::abandonable_thread_op<std::decay_t<F>>(std::forward<F>(function));
}

}  // namespace crossfade
