#pragma once

#include <utility>

#include "compat/clock.hpp"
#include "coro_backend/detail/handle_core.hpp"

namespace crossfade::coro_backend {

/// A callback that the loop will call: to take it back. Copies are the same callback; dropping them
/// all does not take it back.
///
/// Cancellation: never waits. Threads: the loop's only. Lifetime: ends before the
/// `coro_backend::backend`. Source: asyncio.Handle.
class handle {
 public:
  /// For the loop.
  explicit handle(detail::handle_core& core) noexcept : core_(&core) {}
  /// It will not be called; nothing if it was.
  void cancel() noexcept { core_->cancel(); }
  bool cancelled() const noexcept { return core_->cancelled(); }

 protected:
  detail::handle_core& core() const noexcept { return *core_; }

 private:
  detail::counted<detail::handle_core> core_;
};

/// A callback that the loop will call at a point in time. Cancellation: never waits. Source:
/// asyncio.TimerHandle.
class timer_handle : public handle {
 public:
  /// For the loop.
  explicit timer_handle(detail::timer_handle_core& core) noexcept : handle(core) {}
  time_point when() const noexcept {
    return static_cast<detail::timer_handle_core&>(core()).when();
  }
};

}  // namespace crossfade::coro_backend
