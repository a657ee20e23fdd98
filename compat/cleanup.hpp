#pragma once

#include <exception>
#include <functional>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/loop.hpp"
#include "compat/shield.hpp"
#include "compat/task.hpp"

namespace crossfade {

/// Runs `body()`, and then `cleanup()` however the body ended: what `finally` is elsewhere, where
/// the clean-up may wait, which C++ allows neither in handlers nor in destructors of coroutines.
///
/// Gives the body's value. Both are of either text and part of the running task. Cancellation: the
/// body as usual; the clean-up is shielded, so one that could hang has a `with_timeout` inside.
/// Lifetime: both are used where they stand. Throws: what the body throws; else what the clean-up
/// throws, which is told to the loop's error handler if the body has thrown already. Source: try
/// ... finally around asyncio.shield. Differs: the exception of the body goes before.
template <class Body, class Cleanup, class T = detail::result_of<Body>>
task<T> try_finally(Body&& body, Cleanup&& cleanup) {
  detail::result<T> ended;
  try {
    if constexpr (!detail::is_coroutine_text<Body>) {
      ended.set_from(body);
    } else if constexpr (std::is_void_v<T>) {
      co_await std::invoke(body);
      ended.set_value();
    } else {
      ended.set_value(co_await std::invoke(body));
    }
  } catch (...) {
    ended.set_error(std::current_exception());
  }
  try {
    co_await shield(cleanup);
  } catch (const cancelled&) {
    if (ended.error() == nullptr) throw;
  } catch (...) {
    if (ended.error() == nullptr) throw;
    detail::this_scheduler->owner.report(std::current_exception());
  }
  co_return ended.take();
}

/// Runs `body()`; if it throws, `handler(error)` gives the value instead, or throws: a handler that
/// may wait, which C++ does not allow in `catch` of a coroutine.
///
/// `error` is a `std::exception_ptr`: `std::rethrow_exception(error)` lets it go on, and a `catch`
/// around that tells its type. Both are of either text and part of the running task. Cancellation:
/// comes to the handler too, as `cancelled`, to be rethrown; the handler is not shielded. Lifetime:
/// both are used where they stand. Throws: what the handler throws. Source: try ... except.
template <class Body, class Handler, class T = detail::result_of<Body>>
  requires std::is_invocable_v<Handler, std::exception_ptr>
task<T> try_except(Body&& body, Handler&& handler) {
  std::exception_ptr error;
  try {
    if constexpr (detail::is_coroutine_text<Body>) {
      co_return co_await std::invoke(body);
    } else {
      co_return std::invoke(body);
    }
  } catch (...) {
    error = std::current_exception();
  }
  if constexpr (detail::is_coroutine_text<Handler, std::exception_ptr>) {
    co_return co_await std::invoke(handler, std::move(error));
  } else {
    co_return std::invoke(handler, std::move(error));
  }
}

}  // namespace crossfade
