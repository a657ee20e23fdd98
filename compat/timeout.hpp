#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "compat/clock.hpp"
#include "compat/detail/cancel_scope.hpp"
#include "compat/detail/timer_queue.hpp"
#include "compat/task.hpp"

namespace crossfade {

namespace detail {

class timeout_scope final : public cancel_scope, private timer {
 public:
  explicit timeout_scope(duration length);
  ~timeout_scope();
  /// In a handler: throws `timeout_error` if `error` is this scope's expiry, or `error` itself.
  [[noreturn]] void rethrow(const std::exception_ptr& error) const;

 private:
  static void expire(timer& t) noexcept;
  duration length_;
};

}  // namespace detail

/// The point on the loop's time line at which the innermost `with_timeout` to expire, of those
/// around the running code, interrupts it; none without one.
///
/// Portals, awaited tasks and children of a group are inside the timeouts of who awaits or owns
/// them; tasks spawned by themselves are not, nor is what a shield holds. In a function that
/// `to_thread` runs it is the waiting task's. For work that passes a deadline on. Cancellation:
/// never waits. Threads: the loop's, and those of `to_thread`. Source: trio's
/// current_effective_deadline; asyncio and gevent have none.
std::optional<time_point> effective_deadline() noexcept;

/// Runs `body()`, of either text, as part of the running task, for at most `length`.
///
/// If the body has not ended by then, its present or next wait throws `cancelled`, and when it has
/// unwound, `timeout_error` is thrown here. A body that ends with a value all the same gives that
/// value. Scopes nest: only the one that expired converts, and a cancellation from outside that
/// comes at the same time wins. Units: any `std::chrono` duration, from the moment it is awaited;
/// zero or less expires at the first wait. Cancellation: as the body. Lifetime: `body` is used
/// where it stands, until the result is there. Source: asyncio.timeout, gevent.Timeout. Differs
/// from gevent: no exception of the caller's choice.
template <class Body, class T = detail::result_of<Body>>
task<T> with_timeout(duration length, Body&& body) {
  detail::timeout_scope scope(length);
  try {
    if constexpr (detail::is_coroutine_text<Body>) {
      co_return co_await std::invoke(body);
    } else {
      co_return std::invoke(body);
    }
  } catch (...) {
    scope.rethrow(std::current_exception());
  }
}

}  // namespace crossfade
