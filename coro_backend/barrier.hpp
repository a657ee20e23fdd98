#pragma once

#include <cstdint>
#include <exception>

#include "compat/task.hpp"
#include "coro_backend/condition.hpp"
#include "coro_backend/errors.hpp"

namespace crossfade::coro_backend {

/// A place where a number of tasks wait for each other, again and again.
///
/// Order: FIFO; those who come while the last round leaves wait for the next. Cancellation: a
/// cancelled waiter leaves, and the others go on waiting. Threads: the loop's only. Lifetime:
/// outlives its waiters. Throws: `value_error` for fewer than one task. Source: asyncio.Barrier.
/// Differs from the portable `barrier` in the turns it takes.
class barrier {
 public:
  explicit barrier(int parties);
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;

  /// Waits until all have come. Gives each its own number, by the order they came. Throws:
  /// `broken_barrier_error` if it is aborted, or reset meanwhile.
  crossfade::task<int> wait();
  /// Those who wait throw; it is as new.
  crossfade::task<> reset();
  /// Those who wait throw, and those who come, until it is reset.
  crossfade::task<> abort();

  int parties() const noexcept { return parties_; }
  int n_waiting() const noexcept { return state_ == state::filling ? count_ : 0; }
  bool broken() const noexcept { return state_ == state::broken; }

  // --- for `async_with` ---
  crossfade::task<int> aenter() { return wait(); }
  crossfade::task<> aexit(std::exception_ptr error);

 private:
  enum class state : std::uint8_t { filling, draining, resetting, broken };

  crossfade::task<int> wait_locked();
  void one_leaves();

  condition changed_;
  const int parties_;
  state state_ = state::filling;
  int count_ = 0;
};

}  // namespace crossfade::coro_backend
