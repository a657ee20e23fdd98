#include "compat/cancel_and_join.hpp"

#include "compat/op.hpp"
#include "compat/timeout.hpp"

namespace crossfade::detail {

namespace {

// As a join, but whatever the task ended with stays there.
op<> end_of(task_state& awaited) {
  static constexpr op<>::rules rules{
      {.name = "join",
       .leave =
           [](op_base& o) noexcept {
             static_cast<op<>&>(o).object<task_state>().joiners.remove(o);
             return true;
           },
       .holder =
           [](const op_base& o) noexcept {
             return static_cast<const op<>&>(o).object<task_state>().id;
           }},
      [](op<>& o) {
        auto& joined = o.object<task_state>();
        if (&joined == &o.task()) throw usage_error(joined.label() + " joins itself");
        if (joined.done()) return true;
        joined.joiners.push(o);
        return false;
      },
      [](op<>&) {}};
  return {rules, &awaited};
}

}  // namespace

task<std::vector<task_info>> cancel_and_join(duration grace, task_references tasks) {
  for (task_state* t : tasks.tasks()) t->cancel("cancelled to be joined");
  auto all_ended = [&]() -> task<> {
    for (task_state* t : tasks.tasks()) co_await end_of(*t);
  };
  try {
    co_await with_timeout(grace, all_ended);
  } catch (const timeout_error&) {
    // The survivors say so.
  }
  std::vector<task_info> survivors;
  for (const task_state* t : tasks.tasks()) {
    if (!t->done()) survivors.push_back(t->info());
  }
  co_return survivors;
}

}  // namespace crossfade::detail
