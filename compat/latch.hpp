#pragma once

#include <cstddef>

#include "compat/op.hpp"

namespace crossfade {

/// A count that goes down to zero once; tasks of either backend wait for that.
///
/// Order: the last count wakes all waiters, in the order they came. Cancellation: a cancelled
/// waiter leaves. Threads: the loop's only; from another thread, `loop.post([&] { l.count_down();
/// })`. Lifetime: outlives its waiters; the destructor ends the program otherwise. Source:
/// std::latch. Differs: counting below zero throws.
class latch {
 public:
  /// Units: `count` is what is still to come; with 0 it is open from the start.
  explicit latch(std::size_t count) noexcept : count_(count) {}
  latch(const latch&) = delete;
  latch& operator=(const latch&) = delete;
  ~latch();

  /// Throws: `usage_error` if fewer than `n` are left; the count is as before.
  void count_down(std::size_t n = 1);
  /// Waits until the count is zero; completes at once if it is.
  op<> wait();
  bool is_open() const noexcept { return count_ == 0; }
  /// What is still to come.
  std::size_t count() const noexcept { return count_; }

 private:
  std::size_t count_;
  detail::wait_queue waiters_;
};

}  // namespace crossfade
