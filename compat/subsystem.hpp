#pragma once

#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compat/clock.hpp"
#include "compat/runtime.hpp"
#include "compat/spawn.hpp"

namespace crossfade {

/// What a subsystem's tasks on one backend have done so far.
struct backend_counters {
  std::string_view backend;
  std::uint64_t live = 0;       ///< tasks that have not ended
  std::uint64_t spawned = 0;    ///< tasks started, live ones included
  std::uint64_t failed = 0;     ///< ended with an exception
  std::uint64_t cancelled = 0;  ///< ended cancelled
  std::uint64_t waits = 0;      ///< times an ended task waited
};

/// A root task that has ended.
struct ended_root {
  std::string_view name;
  std::string_view backend;
  bool failed;
  bool cancelled;
  duration took;  ///< since it was spawned, by the loop's clock
};

struct subsystem_options {
  /// Blocking text that is spawned in the subsystem gets a stack, as in `on_fiber`, also on a
  /// backend without: so that nothing has to be ported before the flag can say "coro". Coroutine
  /// text is carried as usual.
  bool portal_by_default = false;
  /// Told of the end of each root task that `spawn` has started, here or of a `switched`, before
  /// who joins it is: for a guardrail, or a histogram. Must not throw, nor wait; what it is told
  /// is valid during the call.
  std::function<void(const ended_root&)> on_ended = {};
};

/// What may be said of a root task when its subsystem spawns it. Written
/// `{.name = "refresh", .targeting_key = account}`; the spawn site is taken by itself.
struct root_options {
  std::string_view name = {};  ///< copied into the task
  /// Whom the task is for: what a percentage goes by. One key gets one answer for as long as the
  /// flag says the same. Used for the choice, not kept.
  std::string_view targeting_key = {};
  std::source_location site = std::source_location::current();
};

/// A part of the service whose backend is chosen at run time, by name.
///
/// `spawn` asks the runtime's chooser once and records the backend in the new root task; whatever
/// that task spawns stays on it, so no task ever moves and a changed flag takes effect with the
/// next root task. It takes `root_options`; what is spawned below inherits the choice, and so plain
/// `spawn` and groups take no targeting key. Threads: the loop's only. Lifetime: outlives its
/// tasks.
class subsystem : public detail::spawner<subsystem, root_options> {
 public:
  subsystem(runtime& owner, std::string name, subsystem_options options = {});
  ~subsystem();
  subsystem(const subsystem&) = delete;
  subsystem& operator=(const subsystem&) = delete;

  std::string_view name() const noexcept { return name_; }
  bool portal_by_default() const noexcept { return options_.portal_by_default; }
  /// The backend that a task spawned now, for that targeting key, would get.
  backend& chosen(std::string_view targeting_key = {}) const {
    return runtime_.choose(name_, targeting_key);
  }
  /// One row for each of the runtime's backends, in its order.
  const std::vector<backend_counters>& counters() const noexcept { return counters_; }

  runtime& owner() const noexcept { return runtime_; }

  /// For `spawn`.
  template <class F, class... A>
  auto launch(const root_options& options, F&& f, A&&... a) {
    auto started = launch_on(chosen(options.targeting_key), options, std::forward<F>(f),
                             std::forward<A>(a)...);
    watch(started.id());
    return started;
  }
  /// For `switched`: has `on_ended` told of the task's end.
  void watch(std::uint64_t root) {
    if (options_.on_ended) spawned_at_.emplace(root, now());
  }
  /// For `switched` and `shadow`, which have chosen.
  template <class F, class... A>
  auto launch_on(backend& on, const root_options& options, F&& f, A&&... a) {
    return detail::spawn_task(runtime_.core(), {&on, this, nullptr, options.name, options.site},
                              true, std::forward<F>(f), std::forward<A>(a)...);
  }

 private:
  friend class detail::task_state;
  void task_started(const detail::task_state& task) noexcept;
  void task_ended(const detail::task_state& task) noexcept;
  void tell_ended(const detail::task_state& task) noexcept;
  time_point now() const noexcept;
  backend_counters& of(const backend& b) noexcept;

  runtime& runtime_;
  std::string name_;
  const subsystem_options options_;
  std::vector<backend_counters> counters_;
  std::unordered_map<std::uint64_t, time_point> spawned_at_;  // roots of which `on_ended` is told
};

}  // namespace crossfade
