#pragma once

#include <cstddef>

#include "compat/op.hpp"

namespace crossfade {

namespace detail {
class barrier_op;
}

/// A place where tasks of either backend wait until all have come; then all go on, and it can be
/// used again.
///
/// Order: those who wait are woken in the order they came; the last to come goes on at once.
/// Cancellation: a cancelled waiter leaves, and the barrier waits for one more in its place; one
/// that had been woken returns normally and is cancelled at its next wait. So a cancellation breaks
/// nothing; who knows that a party will never come calls `abort`. Threads: the loop's only.
/// Lifetime: outlives its waiters; the destructor ends the program otherwise. Throws:
/// `broken_barrier`. Source: asyncio.Barrier. Differs: the numbers are unique also after a
/// cancellation; who comes while the woken ones have not run belongs to the next round.
class barrier {
 public:
  /// Units: `parties` counts tasks. Throws: `usage_error` if it is 0.
  explicit barrier(std::size_t parties);
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;
  ~barrier();

  /// Waits until `parties()` tasks wait, this one included, and gives the place in which it came: 0
  /// for the first, `parties() - 1` for the last. Throws: `broken_barrier` if the barrier is
  /// broken, is broken meanwhile, or is reset meanwhile.
  [[nodiscard]] detail::barrier_op wait();

  /// Breaks the barrier: who waits, and who comes before it is reset, gets `broken_barrier`. Who
  /// has been woken goes on normally.
  void abort() noexcept;
  /// Begins anew with nobody waiting, also after `abort`: who waits gets `broken_barrier`.
  void reset() noexcept;

  bool is_broken() const noexcept { return broken_; }
  std::size_t parties() const noexcept { return parties_; }
  std::size_t waiting() const noexcept { return waiting_; }

 private:
  friend detail::barrier_op;
  void send_away(const char* why) noexcept;

  const std::size_t parties_;
  std::size_t waiting_ = 0;  // always less than parties_
  bool broken_ = false;
  detail::wait_queue waiters_;
};

namespace detail {

class barrier_op final : public waitable<barrier_op> {
 public:
  explicit barrier_op(barrier& b) noexcept : waitable(rules_of_this), barrier_(b) {}

 private:
  friend class crossfade::barrier;
  friend waitable<barrier_op>;
  static const wait_rules rules_of_this;
  static bool leave(op_base& o) noexcept;

  bool start();
  std::size_t take() const;

  barrier& barrier_;
  std::size_t place_ = 0;
  const char* sent_away_ = nullptr;  // why it did not get through
};

}  // namespace detail

}  // namespace crossfade
