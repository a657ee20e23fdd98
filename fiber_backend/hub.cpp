#include "fiber_backend/hub.hpp"

#include <utility>

#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "compat/wait_graph.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/detail/greenlet_core.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/greenlet.hpp"

namespace crossfade::fiber_backend {

namespace detail {

const crossfade::detail::wait_rules sleep_op::rules_of_this{
    .name = "sleep", .leave = &leave, .holder = nullptr, .ended_by_guest = true};

bool sleep_op::start() noexcept {
  if (length_ <= duration::zero()) {
    task().wake();
  } else {
    limit_.begin(*this, length_);
  }
  return false;
}

void sleep_op::take() noexcept { task().waiting_for = nullptr; }

bool sleep_op::leave(crossfade::detail::op_base& op) noexcept {
  auto& self = static_cast<sleep_op&>(op);
  crossfade::detail::ready_node& node = *self.task().resume_node;
  if (node.queued) self.task().sched->ready.remove(node);
  self.limit_.end();
  return true;
}

}  // namespace detail

hub::~hub() {
  while (!kept_by_timers_.empty()) (*kept_by_timers_.begin())->let_go();
}

crossfade::detail::scheduler& hub::sched() const noexcept { return carrier_.owner().core(); }

hub& get_hub() {
  crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
  if (sched == nullptr || sched->guest == nullptr) {
    throw usage_error(
        "a greenlet, or what greenlets wait for, is used where no loop runs, or on one without a "
        "fiber_backend::backend: construct one on the loop");
  }
  return static_cast<hub&>(*sched->guest);
}

op<> hub::join() {
  static constexpr op<>::rules rules{
      {.name = "the end of all work",
       .leave =
           [](crossfade::detail::op_base& o) noexcept {
             static_cast<op<>&>(o).object<hub>().joiner_.remove(o);
             return true;
           },
       .holder = nullptr,
       .ended_by_guest = true},
      [](op<>& o) {
        if (&o.task() != o.task().sched->main) {
          throw usage_error(o.task().label() + " joins the hub: only the main task of the run may");
        }
        o.object<hub>().joiner_.push(o);
        return false;
      },
      [](op<>&) {}};
  return {rules, this};
}

op<> hub::idle() {
  static constexpr op<>::rules rules{{.name = "idleness",
                                      .leave =
                                          [](crossfade::detail::op_base& o) noexcept {
                                            static_cast<op<>&>(o).object<hub>().idle_.remove(o);
                                            return true;
                                          },
                                      .holder = nullptr,
                                      .ended_by_guest = true},
                                     [](op<>& o) {
                                       o.object<hub>().idle_.push(o);
                                       return false;
                                     },
                                     [](op<>&) {}};
  return {rules, this};
}

op<> idle() { return get_hub().idle(); }

void hub::quiet() {
  if (idle_.empty()) return;
  // Those who are idle again wait for the next time.
  for (std::size_t n = idle_.front()->how_many_behind() + 1; n > 0 && !idle_.empty(); --n)
    detail::wake_now(idle_.pop());
}

bool hub::stuck() {
  crossfade::detail::task_state* const main = sched().main;
  if (main == nullptr || main->waiting_for == nullptr) return false;
  if (!joiner_.empty()) {
    detail::wake_now(joiner_.pop());
    return true;
  }
  if (!main->waiting_for->rule_set().ended_by_guest) return false;
  detail::throw_now(*main,
                    std::make_exception_ptr(loop_exit("nothing is left that could end the wait",
                                                      carrier_.owner().wait_graph())));
  return true;
}

void hub::handle_error(detail::raw_core* greenlet, std::exception_ptr error) noexcept {
  auto* const known = dynamic_cast<detail::greenlet_core*>(greenlet);
  if (on_error_) {
    const any_greenlet handle(known);
    on_error_({known != nullptr ? &handle : nullptr, std::move(error)});
  } else if (greenlet != nullptr && greenlet->task() != nullptr) {
    carrier_.owner().report(
        {task_report::what::unobserved_failure, *greenlet->task(), std::move(error)});
  } else {
    carrier_.owner().report(std::move(error));
  }
}

std::uint64_t get_ident() noexcept {
  const crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
  if (sched == nullptr || sched->current == nullptr) return 0;
  if (const auto* task = dynamic_cast<const detail::greenlet_task*>(sched->current))
    return task->core().ident();
  return sched->current->id;
}

}  // namespace crossfade::fiber_backend
