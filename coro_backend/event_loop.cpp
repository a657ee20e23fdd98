#include "coro_backend/event_loop.hpp"

#include <memory>

#include "compat/detail/duration_text.hpp"
#include "compat/detail/never_awaited.hpp"
#include "compat/errors.hpp"
#include "compat/wait_graph.hpp"
#include "coro_backend/backend.hpp"

namespace crossfade::coro_backend {

event_loop::event_loop(backend& carrier) : carrier_(carrier), sched_(carrier.owner().core()) {}

event_loop::~event_loop() {
  // Futures that were never done and their callbacks may hold each other.
  while (detail::handle_core* handle = handles_.front()) handle->abandon();
  sched_.timers.cancel(round_);
  sched_.on_never_awaited = nullptr;
}

event_loop& get_running_loop() {
  const crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
  if (sched == nullptr || sched->coroutines == nullptr) {
    throw usage_error(
        "asyncio's part of a loop is used where no loop runs, or on one without a "
        "coro_backend::backend: construct one on the loop");
  }
  return static_cast<backend*>(sched->coroutines)->events();
}

any_task current_task() noexcept {
  detail::task_core* const core = detail::current_task_core();
  return core != nullptr ? any_task(*core) : any_task();
}

std::vector<any_task> all_tasks() { return get_running_loop().all_tasks(); }

// --- tasks ---

crossfade::detail::task_origin event_loop::origin(const task_options& options) const noexcept {
  subsystem* const system = sched_.current != nullptr ? sched_.current->system : nullptr;
  return {&carrier_, system, nullptr, options.name, options.site};
}

void event_loop::enlist(detail::task_core& task) noexcept {
  if (task.name().empty()) task.number_ = ++unnamed_tasks_;
  task.before_ = last_task_;
  (last_task_ != nullptr ? last_task_->next_ : first_task_) = &task;
  last_task_ = &task;
}

void event_loop::delist(detail::task_core& task) noexcept {
  (task.before_ != nullptr ? task.before_->next_ : first_task_) = task.next_;
  (task.next_ != nullptr ? task.next_->before_ : last_task_) = task.before_;
}

std::vector<any_task> event_loop::all_tasks() const {
  std::vector<any_task> all;
  for (detail::task_core* t = first_task_; t != nullptr; t = t->next_task()) all.emplace_back(*t);
  return all;
}

// --- running ---

void event_loop::require_no_run() {
  if (crossfade::detail::this_scheduler != nullptr) {
    throw usage_error(
        "a loop runs on this thread already: await the function there, or create a task");
  }
}

void event_loop::run_until_done(const any_future& awaited) {
  if (awaited.done()) return;
  stop_ = false;
  auto ended = std::make_shared<bool>(false);  // the callback may outlive a run that is stopped
  awaited.add_done_callback([this, ended](const any_future&) {
    *ended = true;
    stop();
  });
  const bool went_on = owner().turn_until(stop_);
  if (!went_on) throw deadlock("nothing is left that could wake a task", owner().wait_graph());
  if (!*ended) throw usage_error("the loop was stopped before the future was done");
}

void event_loop::run_forever() {
  stop_ = false;
  owner().turn_until(stop_);
}

void event_loop::stop() noexcept {
  stop_ = true;
  sched_.turns_left = 0;
}

void event_loop::close() { owner().end_tasks(); }

// --- timers ---

bool event_loop::arm(crossfade::detail::timer& t, time_point due) noexcept {
  if (due > time()) {
    sched_.timers.arm(t, due);
    return false;
  }
  due_at_once_.arm(t, due);
  if (!round_.armed) sched_.timers.arm(round_, time());
  return true;
}

void event_loop::disarm(crossfade::detail::timer& t, bool at_once) noexcept {
  (at_once ? due_at_once_ : sched_.timers).cancel(t);
}

void event_loop::go_round(crossfade::detail::timer& t) noexcept {
  event_loop& self = static_cast<round_timer&>(t).owner;
  while (crossfade::detail::timer* due = self.due_at_once_.earliest()) {
    self.due_at_once_.cancel(*due);
    due->fire(*due);
  }
}

void event_loop::release_due() noexcept {
  // All that became ready the last time round stands in the queue; what will from now on comes
  // behind.
  sched_.timers.cancel(round_);
  releasing_ = true;
  go_round(round_);
  releasing_ = false;
}

// --- errors and debugging ---

void event_loop::call_exception_handler(const error_context& context) noexcept {
  if (!handler_) {
    default_exception_handler(context);
    return;
  }
  try {
    handler_(*this, context);
  } catch (...) {
    default_exception_handler({"Unhandled error in exception handler", std::current_exception()});
  }
}

void event_loop::default_exception_handler(const error_context& context) noexcept {
  if (context.task) {
    owner().report(
        {task_report::what::unobserved_failure, *context.task.core().as_task(), context.exception});
  } else {
    owner().report(context.exception);
  }
}

void event_loop::report_never_retrieved(const std::exception_ptr& error,
                                        detail::task_core* task) noexcept {
  if (task == nullptr) {
    call_exception_handler({"Future exception was never retrieved", error});
  } else {
    call_exception_handler({"Task exception was never retrieved", error, any_task(*task)});
  }
}

void event_loop::set_debug(bool on) noexcept {
  debug_ = on;
  sched_.on_never_awaited = on ? &report_never_awaited : nullptr;
}

void event_loop::report_never_awaited(crossfade::detail::scheduler& sched,
                                      const std::source_location& written) noexcept {
  if (sched.coroutines == nullptr) return;
  const std::string message = "coroutine '" + crossfade::detail::function_of(written) +
                              "' was never awaited: " + written.file_name() + ":" +
                              std::to_string(written.line());
  static_cast<backend*>(sched.coroutines)
      ->events()
      .call_exception_handler({message, std::make_exception_ptr(usage_error(message))});
}

event_loop::slow_watch::slow_watch(event_loop& owner) noexcept
    : owner_(owner.debug_ ? &owner : nullptr) {
  if (owner_ != nullptr) began_ = std::chrono::steady_clock::now();
}

event_loop::slow_watch::~slow_watch() {
  if (owner_ == nullptr) return;
  const duration took = std::chrono::steady_clock::now() - began_;
  if (took >= owner_->slow_callback_duration) owner_->report_slow("a callback", took);
}

void event_loop::report_slow(std::string_view who, duration took) noexcept {
  owner().report(
      {task_report::what::stall, std::string(who), "took " + crossfade::detail::in_words(took)});
}

}  // namespace crossfade::coro_backend
