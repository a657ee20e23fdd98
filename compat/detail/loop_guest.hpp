#pragma once

namespace crossfade::detail {

/// What the mirror of another event loop adds to this one. Called on the hub, between turns.
class loop_guest {
 public:
  loop_guest(const loop_guest&) = delete;
  loop_guest& operator=(const loop_guest&) = delete;
  virtual ~loop_guest() = default;

  /// Nothing is ready; timers that are due come next.
  virtual void quiet() = 0;
  /// Somebody waits for just that, so that the loop is not to wait for a timer.
  virtual bool waits_for_quiet() const noexcept = 0;
  /// Nothing is left that could wake a task. True: somebody had a turn all the same.
  virtual bool stuck() = 0;

 protected:
  loop_guest() = default;
};

}  // namespace crossfade::detail
