#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "fiber_backend/semaphore.hpp"

namespace crossfade::fiber_backend {

/// Mutual exclusion that its owner may take again, and releases as often.
///
/// Order: as `semaphore`. Cancellation: as any wait. Threads: the loop's only. Source:
/// gevent.lock.RLock. Differs from the portable `reentrant_lock`: no hand-over, no guard.
class rlock final {
 public:
  rlock() = default;
  rlock(const rlock&) = delete;
  rlock& operator=(const rlock&) = delete;

  /// Waits until the running task owns it. False: not in time.
  [[nodiscard]] task<bool> acquire(std::optional<duration> timeout = {});
  /// The same without waiting. Source: acquire with blocking=False.
  bool acquire_nowait() noexcept;
  /// Throws: `not_owner`.
  void release();

  /// How often its owner has taken it.
  std::size_t count() const noexcept { return count_; }
  /// The `get_ident` of who owns it; none if nobody does.
  std::optional<std::uint64_t> owner() const noexcept { return owner_; }

 private:
  bool take_again() noexcept;
  void own() noexcept;

  semaphore block_;
  std::optional<std::uint64_t> owner_;
  std::size_t count_ = 0;
};

}  // namespace crossfade::fiber_backend
