#pragma once

#include <memory>

#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend::detail {

/// While it lives, the first SIGINT cancels a task, and the next, or one when the task is done,
/// stops the loop. Nothing, where somebody else handles SIGINT, or off the main thread.
class interrupt_watch {
 public:
  interrupt_watch(event_loop& owner, const any_task& main);
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  /// There was one.
  bool interrupted() const noexcept;
  /// There was one that stopped the loop.
  bool stopped() const noexcept;

 private:
  class signal_wait;
  std::shared_ptr<signal_wait> wait_;  // its handlers watch it; null: nothing is to be done
};

}  // namespace crossfade::coro_backend::detail
