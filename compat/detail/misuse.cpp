#include "compat/detail/misuse.hpp"

#include <cstdio>
#include <cstdlib>

#include "compat/detail/task_state.hpp"
#include "compat/loop.hpp"

namespace crossfade::detail {

namespace {

[[noreturn]] void fail_destroyed(const char* what, const std::string& use, const char* remedy) {
  std::fprintf(stderr, "crossfade: %s is destroyed while %s: %s\n", what, use.c_str(), remedy);
  std::abort();
}

}  // namespace

std::string who_runs() {
  const scheduler* sched = this_scheduler;
  return sched != nullptr && sched->current != nullptr ? sched->current->label() : "a callback";
}

std::string who_is(std::uint64_t id) {
  if (id == 0) return "nobody";
  if (this_scheduler != nullptr) {
    for (const task_info& task : this_scheduler->owner.tasks()) {
      if (task.id == id) return task.label() + ", spawned at " + site_text(task.site);
    }
  }
  return "task " + std::to_string(id) + ", which has ended";
}

void fail_destroyed_with_waiter(const char* what, const op_base& waiter) noexcept {
  fail_destroyed(what, waiter.task().label() + " waits for it, " + waiter.task().spawned_at(),
                 "cancel and join its waiters first");
}

void fail_destroyed_while_held(const char* what, std::uint64_t holder) noexcept {
  fail_destroyed(what, who_is(holder) + " holds it", "declare it before its guards");
}

void fail_destroyed_while_out(const char* what, std::size_t count) noexcept {
  fail_destroyed(what, std::to_string(count) + " of its permits are out",
                 "declare it before its permits");
}

}  // namespace crossfade::detail
