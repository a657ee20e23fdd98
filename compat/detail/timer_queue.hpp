#pragma once

#include <cstdint>

#include "compat/clock.hpp"

namespace crossfade::detail {

/// A call due at a point in time. Lives in its owner; whoever destroys it has cancelled it.
struct timer {
  using function = void (*)(timer&) noexcept;
  explicit timer(function f) noexcept : fire(f) {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  function fire;
  time_point due{};
  bool armed = false;

 private:
  friend class timer_queue;
  std::uint64_t order_ = 0;
  timer* child_ = nullptr;   // leftmost child
  timer* next_ = nullptr;    // right sibling
  timer* before_ = nullptr;  // left sibling, or the parent of a leftmost child
};

/// The timers of a loop, earliest first, those due at the same instant in the order they were
/// armed.
///
/// A pairing heap: most timers guard a wait that ends in time, and arming and cancelling such a
/// timer takes constant time, because it is still a leaf when it goes.
class timer_queue {
 public:
  timer* earliest() const noexcept { return root_; }

  /// A moment: whether a timer was armed before it or since.
  std::uint64_t mark() const noexcept { return armed_; }
  static bool armed_since(const timer& t, std::uint64_t mark) noexcept { return t.order_ >= mark; }

  void arm(timer& t, time_point due) noexcept;
  void cancel(timer& t) noexcept;

 private:
  static timer* meld(timer* a, timer* b) noexcept;
  static timer* meld_children(timer* first) noexcept;

  timer* root_ = nullptr;
  std::uint64_t armed_ = 0;
};

}  // namespace crossfade::detail
