#pragma once

#include <initializer_list>
#include <memory>

#include "compat/task.hpp"

namespace crossfade {

/// Process signals, awaited one by one. While it lives their default actions do not take place, and
/// one that arrives between two waits is kept for the next. Of SIGINT no `coro_backend::runner`
/// makes anything then.
///
/// Threads: the loop's only. Lifetime: the loop outlives it, it outlives its waits.
/// Source: asyncio's loop.add_signal_handler, gevent.signal_handler.
class signal_set {
 public:
  /// Throws: `boost::system::system_error` for a number that is no signal, or one that cannot be
  /// caught.
  signal_set(loop& owner, std::initializer_list<int> signals);
  ~signal_set();

  /// Waits for the next of the signals and gives its number. Cancellation: leaves.
  task<int> wait();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace crossfade
