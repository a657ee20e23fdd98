#pragma once

#include "portfoliod/guardrails.hpp"
#include "portfoliod/root_times.hpp"
#include "portfoliod/stalls.hpp"

#include "compat/loop.hpp"
#include "compat/shadow.hpp"
#include "compat/subsystem.hpp"
#include "compat/switched.hpp"
#include "fiber_backend/backend.hpp"
#include "flags/file.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace portfoliod {

/// Sees which backend each subsystem is on, and why; who waits for whom; what kept the loop. Says
/// it as JSON.
///
/// Threads: the loop's only. Lifetime: all that it is given outlives it.
class observer {
 public:
  struct watched {
    const crossfade::subsystem& system;
    bool by_account = false;  ///< whether its tasks are for an account each
    std::function<std::vector<crossfade::side_status>()> sides = {};  ///< null: it has no state
    const crossfade::shadow* repeats = nullptr;                       ///< null: it has no shadow
  };

  /// `flags`: null if there is no flag file.
  observer(const crossfade::loop& loop, const crossfade::fiber_backend::backend& fibers,
           const crossfade::flags::file* flags, const stalls& seen, const guardrails& guarding,
           const root_times& timed, std::initializer_list<watched> subsystems)
      : loop_(loop),
        fibers_(fibers),
        flags_(flags),
        stalls_(seen),
        guardrails_(guarding),
        root_times_(timed),
        subsystems_(subsystems) {}

  /// Counters of each subsystem on each backend; all tasks there are, what each waits for, who
  /// holds that, and the cycles among them; the stalls.
  nlohmann::json concurrency() const;
  /// The flag of each subsystem, as it is for that account, the state of their file, and what the
  /// guardrails say.
  nlohmann::json flags(std::string_view account) const;

  const std::vector<watched>& subsystems() const noexcept { return subsystems_; }
  /// Null if there is none.
  const crossfade::flags::file* flag_file() const noexcept { return flags_; }
  const root_times& times() const noexcept { return root_times_; }
  std::vector<crossfade::stall_counters> stall_counters() const { return stalls_.counters(); }

 private:
  const crossfade::loop& loop_;
  const crossfade::fiber_backend::backend& fibers_;
  const crossfade::flags::file* flags_;
  const stalls& stalls_;
  const guardrails& guardrails_;
  const root_times& root_times_;
  std::vector<watched> subsystems_;
};

}  // namespace portfoliod
