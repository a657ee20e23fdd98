#pragma once

#include "compat/clock.hpp"
#include "compat/loop.hpp"
#include "compat/stall_watch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

namespace portfoliod {

/// Watches the loop for turns that keep it for longer than a limit, logs them while they last, and
/// remembers the last one.
///
/// Threads: the loop's. Lifetime: the loop outlives it.
class stalls {
 public:
  explicit stalls(crossfade::loop& watched,
                  crossfade::duration limit = std::chrono::milliseconds(100));

  /// How often each subsystem has kept the loop, and who did last, with the stack.
  nlohmann::json shown() const;
  std::vector<crossfade::stall_counters> counters() const { return watch_.counters(); }

 private:
  void note(const crossfade::stall& seen);

  mutable std::mutex mutex_;  // the watch tells of a stall on a thread of its own
  std::optional<crossfade::stall> last_;
  crossfade::stall_watch watch_;  // last: it uses the others
};

}  // namespace portfoliod
