#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "coro_backend/awaitable.hpp"
#include "coro_backend/detail/future_core.hpp"
#include "coro_backend/detail/waiter.hpp"

namespace crossfade::coro_backend {

namespace detail {

/// Cancels it and waits for its end.
crossfade::task<> cancel_and_wait(any_future of);

/// A limit of time for the wait for one future.
class time_limit {
 public:
  time_limit(event_loop& owner, duration length);
  /// Waits for the future; after that time, and when cancelled, it is cancelled, and its end waited
  /// for. False: it was too late.
  crossfade::task<bool> wait(any_future of);

 private:
  counted<private_future> waiter_;
  scoped_timer timer_;
};

[[noreturn]] void throw_timed_out();

/// The outcome of one that was cancelled for being late: it may have ended otherwise.
template <class T>
T late_result(const future_base<T>& of) {
  try {
    return of.result();
  } catch (const cancelled&) {
    throw_timed_out();
  }
}

template <class A>
crossfade::task<awaited_value<A>> wait_for_limited(A awaited, duration timeout) {
  using value = awaited_value<A>;
  if (timeout <= duration::zero()) {
    const future_base<value> of = ensure_future(std::move(awaited));
    if (of.done()) co_return of.result();
    co_await cancel_and_wait(of);
    co_return late_result(of);
  }
  time_limit limit(get_running_loop(), timeout);
  const future_base<value> of = ensure_future(std::move(awaited));
  if (co_await limit.wait(of)) co_return of.result();
  co_return late_result(of);
}

template <class A>
crossfade::task<awaited_value<A>> wait_for(A awaited, std::optional<duration> timeout) {
  if (!timeout) co_return co_await await_here(awaited);
  co_return co_await wait_for_limited(std::move(awaited), *timeout);
}

}  // namespace detail

/// Waits for a future, or runs a function as a task and waits for it, for at most `timeout`; none:
/// for as long as it takes, and a function runs as part of this task.
///
/// If that is over, or the wait is cancelled, it is cancelled, and its end is waited for. Units:
/// any `std::chrono` duration. Cancellation: if it comes once the future is done, the result is
/// given and the cancellation lost. Throws: `timeout_error`; what it ends with. Source:
/// asyncio.wait_for of Python 3.11. Differs from the portable `with_timeout`, which makes no task.
template <class A>
auto wait_for(A awaited, std::optional<duration> timeout) {
  return detail::wait_for(std::move(awaited), timeout);
}

}  // namespace crossfade::coro_backend
