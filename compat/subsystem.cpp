#include "compat/subsystem.hpp"

#include <cassert>
#include <utility>

#include "compat/loop.hpp"

namespace crossfade {

subsystem::subsystem(runtime& owner, std::string name, subsystem_options options)
    : runtime_(owner), name_(std::move(name)), options_(std::move(options)) {
  for (backend& b : owner.backends()) counters_.push_back({.backend = b.name()});
}

subsystem::~subsystem() {
  for ([[maybe_unused]] const backend_counters& c : counters_) {
    assert(c.live == 0 && "a subsystem outlives its tasks");
  }
}

void subsystem::task_started(const detail::task_state& task) noexcept {
  backend_counters& c = of(*task.carrier);
  ++c.live;
  ++c.spawned;
}

void subsystem::task_ended(const detail::task_state& task) noexcept {
  backend_counters& c = of(*task.carrier);
  --c.live;
  c.waits += task.waits;
  c.failed += task.end() == detail::task_end::failed;
  c.cancelled += task.end() == detail::task_end::cancelled;
  if (!spawned_at_.empty()) [[unlikely]]
    tell_ended(task);
}

void subsystem::tell_ended(const detail::task_state& task) noexcept {
  const auto root = spawned_at_.find(task.id);
  if (root == spawned_at_.end()) return;
  const duration took = now() - root->second;
  spawned_at_.erase(root);
  options_.on_ended({.name = task.name(),
                     .backend = task.carrier->name(),
                     .failed = task.end() == detail::task_end::failed,
                     .cancelled = task.end() == detail::task_end::cancelled,
                     .took = took});
}

time_point subsystem::now() const noexcept { return runtime_.owner().now(); }

backend_counters& subsystem::of(const backend& b) noexcept {
  for (backend_counters& c : counters_) {
    if (c.backend == b.name()) return c;
  }
  // Only a task that was placed on a backend outside of the runtime comes here, and only once.
  return counters_.emplace_back(backend_counters{.backend = b.name()});
}

}  // namespace crossfade
