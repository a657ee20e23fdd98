#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "coro_backend/future.hpp"

namespace crossfade::coro_backend {

/// When `wait` is over. Source: asyncio.ALL_COMPLETED and its siblings.
enum class return_when : std::uint8_t { all_completed, first_completed, first_exception };

struct wait_options {
  std::optional<duration> timeout = {};
  coro_backend::return_when return_when = coro_backend::return_when::all_completed;
};

/// Which are done and which are not, each in the order of the argument.
struct wait_result {
  std::vector<any_future> done;
  std::vector<any_future> pending;
};

/// Waits until futures or tasks are done, or for a length of time, and throws no failure of theirs.
///
/// Written `wait(tasks, {.timeout = 1s})`, or `wait({.timeout = 1s}, a, b)`. Cancellation: leaves
/// them alone. Throws: `value_error` if there are none. Source: asyncio.wait. Differs: vectors
/// instead of sets.
crossfade::task<wait_result> wait(std::vector<any_future> futures, wait_options options = {});
template <std::convertible_to<any_future>... F>
crossfade::task<wait_result> wait(wait_options options, const F&... futures) {
  return wait(std::vector<any_future>{futures...}, options);
}

}  // namespace crossfade::coro_backend
