#pragma once

#include <cstdint>
#include <exception>
#include <optional>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

/// A stretch of a task that is to end in time, with `async_with`.
///
/// When it is over, the task is cancelled; where the stretch ends by that and no other cancellation
/// is under way, the end is a `timeout_error` instead. Nested ones: each converts its own. Units:
/// any `std::chrono` duration from when it is made; none: no limit. Cancellation: as the body.
/// Threads: the loop's only. Throws: `usage_error` where no asyncio task enters it. Source:
/// asyncio.timeout. Differs from the portable `with_timeout`, which tells its own expiry by
/// identity, not by counting.
class timeout {
 public:
  explicit timeout(std::optional<duration> delay);
  timeout(const timeout&) = delete;
  timeout& operator=(const timeout&) = delete;

  /// When it is over, on the loop's time line; none: never.
  std::optional<time_point> when() const noexcept { return when_; }
  /// Throws: `usage_error` if it is over, or has not begun.
  void reschedule(std::optional<time_point> when);
  bool expired() const noexcept { return state_ == state::expiring || state_ == state::expired; }

  // --- for `async_with` ---
  crossfade::task<> aenter();
  crossfade::task<> aexit(std::exception_ptr error);

 private:
  friend timeout timeout_at(std::optional<time_point> when);
  enum class state : std::uint8_t { created, entered, expiring, expired, exited };
  struct at {
    std::optional<time_point> when;
  };
  explicit timeout(at deadline) noexcept : when_(deadline.when) {}
  void stop_timer() noexcept;
  void expire();

  std::optional<time_point> when_;
  std::optional<handle> timer_;
  any_task task_;
  state state_ = state::created;
};

/// The same until a point in time. Source: asyncio.timeout_at.
timeout timeout_at(std::optional<time_point> when);

}  // namespace crossfade::coro_backend
