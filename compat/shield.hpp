#pragma once

#include <functional>
#include <utility>

#include "compat/detail/cancel_scope.hpp"
#include "compat/task.hpp"

namespace crossfade {

/// Runs `body()`, of either text, as part of the running task, with no cancellation from outside
/// reaching its waits.
///
/// A cancellation or timeout that arrives meanwhile is kept, and thrown at the first wait after the
/// shield. Timeouts inside the body work. For clean-up that has to wait. Lifetime: `body` is used
/// where it stands. Source: asyncio.shield. Differs: the body is part of this task, so the caller
/// waits for it.
template <class Body, class T = detail::result_of<Body>>
task<T> shield(Body&& body) {
  const detail::cancel_scope scope(detail::cancel_scope::kind::shield);
  if constexpr (detail::is_coroutine_text<Body>) {
    co_return co_await std::invoke(body);
  } else {
    co_return std::invoke(body);
  }
}

}  // namespace crossfade
