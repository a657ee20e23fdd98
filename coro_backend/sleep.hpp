#pragma once

#include <utility>

#include "compat/clock.hpp"
#include "compat/task.hpp"

namespace crossfade::coro_backend {

/// Waits for a length of time; zero or less lets the loop go round once.
///
/// Order: the timer is a callback of its own, and who sleeps goes on in the turn after. Units: any
/// `std::chrono` duration. Cancellation: wakes. Source: asyncio.sleep. Differs from the portable
/// `sleep`, which wakes a turn earlier.
crossfade::task<> sleep(duration delay);

/// The same, and gives `result`.
template <class T>
crossfade::task<T> sleep(duration delay, T result) {
  co_await sleep(delay);
  co_return std::move(result);
}

}  // namespace crossfade::coro_backend
