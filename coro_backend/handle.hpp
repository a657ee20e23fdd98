#pragma once

#include <atomic>
#include <memory>
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

/// A callback that was asked for from any thread: to take it back, from any thread. Copies are the
/// same callback; dropping them all does not take it back.
///
/// Cancellation: never waits; one whose turn has begun goes on. What the function holds goes when
/// its turn comes, on the loop's thread. Threads: any. Lifetime: may outlive the loop. Source:
/// asyncio.Handle.
class threadsafe_handle {
 public:
  /// For the loop.
  threadsafe_handle() : cancelled_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() noexcept { cancelled_->store(true, std::memory_order_release); }
  bool cancelled() const noexcept { return cancelled_->load(std::memory_order_acquire); }

 private:
  std::shared_ptr<std::atomic<bool>> cancelled_;  // shared by the copies, of which the loop has one
};

}  // namespace crossfade::coro_backend
