#include "compat/detail/task_state.hpp"

#include <algorithm>
#include <cassert>
#include <deque>
#include <memory>
#include <utility>

#include "compat/detail/group_state.hpp"
#include "compat/detail/stack_host.hpp"
#include "compat/detail/switch_ban.hpp"
#include "compat/loop.hpp"
#include "compat/subsystem.hpp"
#include "compat/wait_graph.hpp"

namespace crossfade::detail {

std::string label_text(std::uint64_t id, std::string_view name, std::string_view subsystem,
                       std::string_view backend) {
  std::string text = "task " + std::to_string(id);
  if (!name.empty()) text.append(" '").append(name).append("'");
  text += " (";
  if (!subsystem.empty()) text.append("subsystem ").append(subsystem).append(", ");
  return text.append(backend).append(")");
}

std::string site_text(const std::source_location& site) {
  return std::string(site.file_name()) + ":" + std::to_string(site.line());
}

bool task_state::begins_in_portal(const task_origin& origin) noexcept {
  return origin.system != nullptr && origin.system->portal_by_default();
}

void task_state::enroll() {
  sched->owner.tasks_.push(*this);
  if (system != nullptr) system->task_started(*this);
  if (group != nullptr) group->child_started(*this);
}

void task_state::start_as_coroutine() noexcept {
  if (cancel_ != nullptr) {
    end_ = task_end::cancelled;
    finish();
  } else {
    start_body();
  }
}

void task_state::run_on_stack() noexcept {
  if (cancel_ != nullptr) {
    end_ = task_end::cancelled;
  } else {
    call_on_stack();
  }
}

void task_state::fail_to_start(std::exception_ptr error) noexcept {
  set_error(std::move(error));
  finish();
}

void task_state::finish() noexcept {
  resume_node = this;
  const std::exception_ptr* failure = drop_body();
  if (own_values_ != nullptr) own_values_.reset();
  variables.reset();
  if (end_ == task_end::none) [[likely]] {
    if (failure == nullptr) [[likely]] {
      end_ = task_end::value;
    } else {
      classify_failure(*failure);
    }
  }
  sched->owner.tasks_.remove(*this);
  if (system != nullptr) system->task_ended(*this);
  while (!joiners.empty()) joiners.pop().complete();
  if (group != nullptr) group->child_ended(*this);
  if (sched->main == this) sched->turns_left = 0;
  sched->current = nullptr;
  if (cancel_ != nullptr) [[unlikely]]
    report_swallowed_cancellation();
  if (end_ != task_end::value && references_ == 1) [[unlikely]]
    report_unobserved();
  release();
}

void task_state::report_swallowed_cancellation() noexcept {
  if (end_ == task_end::value && cancel_->delivered)
    sched->owner.report({task_report::what::swallowed_cancellation, *this, nullptr});
}

void task_state::classify_failure(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const cancelled& c) {
    end_ = task_end::cancelled;
    if (cancel_ == nullptr) cancel_.reset(new cancel_request{c.reason(), true});
  } catch (...) {
    end_ = task_end::failed;
  }
}

void task_state::drop_handle_early(bool owned) noexcept {
  if (!done()) {
    if (owned) cancel("its handle was dropped");
  } else if (references_ == 1) {
    report_unobserved();
  }
}

void task_state::report_unobserved() noexcept {
  if (end_ != task_end::failed || observed_) return;
  observed_ = true;
  sched->owner.report({task_report::what::unobserved_failure, *this, *error()});
}

void task_state::wait_on_stack() noexcept { sched->stacks->park(); }

namespace {

// What was thrown into a task and has not arrived yet, first thrown first. It is rare, so it lies
// with the values of the task's variables and the record has no member for it.
using errors_thrown_in = std::deque<std::exception_ptr>;

std::uint64_t thrown_in_variable() {
  static const std::uint64_t id = next_variable_id();
  return id;
}

errors_thrown_in* thrown_into(const variable_values* values) noexcept {
  if (values == nullptr) return nullptr;
  return static_cast<errors_thrown_in*>(const_cast<void*>(values->find(thrown_in_variable())));
}

}  // namespace

bool task_state::throw_in(std::exception_ptr error) {
  variable_values& values = own_values();
  if (thrown_into(&values) == nullptr)
    values.set(thrown_in_variable(), std::make_shared<errors_thrown_in>());
  thrown_into(&values)->push_back(std::move(error));
  attention_ = true;
  if (waiting_for == nullptr || !waiting_for->rules_->leave(*waiting_for)) return false;
  std::exchange(waiting_for, nullptr)->status_ = op_base::status::interrupted;
  return true;
}

void task_state::take_back_thrown_in() noexcept {
  if (thrown_into(own_values_.get()) == nullptr) return;
  own_values_->set(thrown_in_variable(), nullptr);
  attention_ = wants_attention();
}

void task_state::throw_what_was_thrown_in() {
  errors_thrown_in* const errors = thrown_into(own_values_.get());
  if (errors == nullptr) return;
  const std::exception_ptr first = std::move(errors->front());
  errors->pop_front();
  if (errors->empty()) own_values_->set(thrown_in_variable(), nullptr);
  attention_ = wants_attention();
  std::rethrow_exception(first);
}

void task_state::cancel(std::string reason) {
  if (done() || cancel_ != nullptr) return;
  cancel_.reset(new cancel_request{std::move(reason)});
  request_attention();
}

void task_state::force_cancel() {
  if (done()) return;
  if (cancel_ == nullptr) cancel_.reset(new cancel_request{"the loop ends"});
  cancel_->delivered = false;
  forced_ = true;
  request_attention();
}

void task_state::request_attention() noexcept {
  attention_ = true;
  if (waiting_for == nullptr || !find_due()) return;
  if (waiting_for->rules_->leave(*waiting_for)) waiting_for->complete_interrupted();
}

task_state::due_interrupt task_state::find_due() const noexcept {
  due_interrupt due;
  for (cancel_scope* s = scopes; s != nullptr; s = s->outer_) {
    if (s->kind_ == cancel_scope::kind::shield && !forced_) return due;
    if (s->requested_ && !s->delivered_) due.scope = s;
  }
  due.whole = cancel_ != nullptr && !cancel_->delivered;
  return due;
}

std::optional<time_point> task_state::effective_deadline() const noexcept {
  time_point earliest = time_point::max();
  const cancel_scope* s = scopes;
  const group_state* around = group;
  for (;;) {
    if (s == nullptr) {
      if (around == nullptr) break;
      s = &around->scope();
      around = around->owner().group;
      continue;
    }
    if (s->kind_ == cancel_scope::kind::shield) break;
    earliest = std::min(earliest, s->deadline_);
    s = s->outer_;
  }
  if (earliest == time_point::max()) return std::nullopt;
  return earliest;
}

void task_state::throw_interrupt_if_due() {
  if (switch_ban_ != nullptr) throw_may_not_switch();
  throw_what_was_thrown_in();
  if (find_due()) throw_interrupt();
}

void task_state::throw_interrupt() {
  throw_what_was_thrown_in();
  const due_interrupt due = find_due();
  assert(due);
  cancelled interruption(due.whole ? cancel_->reason : due.scope->reason_);
  if (due.whole) {
    cancel_->delivered = true;
  } else {
    interruption.scope_ = due.scope->id_;
  }
  // What lies inside of what is thrown unwinds with it and has nothing more to ask for.
  for (cancel_scope* s = scopes; s != nullptr; s = s->outer_) {
    if (s->requested_) s->delivered_ = true;
    if (s == due.scope && !due.whole) break;
  }
  attention_ = wants_attention();
  throw interruption;
}

bool task_state::wants_attention() const noexcept {
  for (const cancel_scope* s = scopes; s != nullptr; s = s->outer_) {
    if (s->requested_ && !s->delivered_) return true;
  }
  if (thrown_into(own_values_.get()) != nullptr) return true;
  return switch_ban_ != nullptr || (cancel_ != nullptr && !cancel_->delivered);
}

void throw_nothing_to_join() {
  throw usage_error("join on a handle without a task: it was detached or moved from");
}

void task_state::throw_joins_itself() const { throw usage_error(label() + " joins itself"); }

void task_state::throw_value_taken() const {
  throw usage_error(label() + " has given its value to another join: join it once");
}

void task_state::throw_end() {
  mark_observed();
  if (end_ == task_end::cancelled)
    throw task_cancelled(label() + " was cancelled: " + cancel_reason());
  std::rethrow_exception(failure());
}

void task_state::throw_no_task() {
  throw usage_error("a wait outside of a task: call it in a function given to loop::run or spawn");
}

void task_state::throw_may_not_switch() const {
  throw usage_error(label() + " waits where " + switch_ban_->what() + " at " +
                    site_text(switch_ban_->site()) +
                    " says that nobody else runs: wait before it, or after its scope");
}

void task_state::throw_no_stack() const {
  throw usage_error(
      label() +
      " waits in blocking text, which needs a stack and has none here: write co_await instead "
      "of await, or run the blocking text through co_await on_fiber(...) (" +
      spawned_at() + ")");
}

void task_state::throw_no_stack_host() const {
  throw usage_error(label() +
                    " calls blocking text through a portal, and the loop has no backend with "
                    "stacks: construct a fiber_backend::backend on it (" +
                    spawned_at() + ")");
}

std::string task_state::label() const {
  return label_text(id, name(), system != nullptr ? system->name() : "", carrier->name());
}

std::string task_state::spawned_at() const { return "spawned at " + site_text(site); }

task_info task_state::info() const {
  task_info seen{.id = id,
                 .parent_id = parent_id,
                 .name = std::string(name()),
                 .subsystem = system != nullptr ? std::string(system->name()) : "",
                 .backend = std::string(carrier->name()),
                 .waiting_for = "",
                 .waits = waits,
                 .site = site,
                 .cancel_requested = cancel_requested()};
  if (this == sched->current || resume_node->queued) return seen;
  seen.in_portal = on_stack() && !carrier->has_stack();
  seen.waited = sched->now() - waiting_since;
  if (waiting_for == nullptr) {
    seen.waiting_for = "a Boost.Fiber primitive";
    return seen;
  }
  const wait_rules& rules = waiting_for->rule_set();
  seen.waiting_for = rules.name;
  if (rules.details != nullptr) seen.details = rules.details(*waiting_for);
  add_holders(seen.held_by);
  seen.until_end = rules.until_end;
  return seen;
}

void task_state::add_holders(std::vector<std::uint64_t>& ids) const {
  const wait_rules& rules = waiting_for->rule_set();
  if (rules.holders != nullptr) {
    rules.holders(*waiting_for, ids);
  } else if (rules.holder != nullptr) {
    if (const std::uint64_t holder = rules.holder(*waiting_for); holder != 0) ids.push_back(holder);
  }
}

}  // namespace crossfade::detail
