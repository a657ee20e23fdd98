#pragma once

#include <exception>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

namespace detail {

template <class T>
void keep_promise(std::promise<T>& promise, future_core& of) noexcept {
  if (const std::exception_ptr error = of.outcome()) {
    promise.set_exception(error);
  } else if constexpr (std::is_void_v<T>) {
    promise.set_value();
  } else {
    promise.set_value(static_cast<future_of<T>&>(of).result());
  }
}

}  // namespace detail

/// From any other thread: starts `function()`, of either text, as a task of `loop`; its outcome,
/// for a thread to wait for.
///
/// Threads: any but the loop's, which would wait for itself. Lifetime: the loop outlives the call
/// and the task; see `thread_hold` for one that has nothing else to wait for. Cancellation: of the
/// task is a `cancelled_error` in the outcome. Source: asyncio.run_coroutine_threadsafe. Differs:
/// the outcome cannot be cancelled.
template <class F>
auto run_coroutine_threadsafe(F&& function, event_loop& loop) {
  using value = detail::task_value<F>;
  auto promise = std::make_shared<std::promise<value>>();  // with the callback
  std::future<value> outcome = promise->get_future();
  loop.call_soon_threadsafe([promise, &loop, f = std::forward<F>(function)]() mutable {
    const auto made = loop.create_task(std::move(f));
    made.core().add_done_callback(
        [promise](detail::future_core& of) { detail::keep_promise(*promise, of); }, promise.get());
  });
  return outcome;
}

}  // namespace crossfade::coro_backend
