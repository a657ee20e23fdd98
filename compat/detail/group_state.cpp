#include "compat/detail/group_state.hpp"

#include <utility>

#include "compat/loop.hpp"

namespace crossfade::detail {

void group_state::child_started(task_state& child) {
  children_.push(child);
  if (scope_.cancel_called()) child.cancel("its group was cancelled before it started");
}

void group_state::child_ended(task_state& child) noexcept {
  children_.remove(child);
  if (child.end() == task_end::failed) {
    child.mark_observed();
    failures_.push_back(child.failure());
    cancel("another task of the group failed: " + child.label());
  }
  if (empty() && !waiting_.empty()) waiting_.pop().complete();
}

void group_state::cancel(const std::string& reason) {
  scope_.cancel(reason);
  for (task_state* t = children_.front(); t != nullptr; t = t->in_group.next) t->cancel(reason);
}

void group_state::body_failed(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const cancelled&) {
    // The group's own interruption has done its work; one from outside goes on when the children
    // have ended.
    if (!scope_.owns(error) && unwinding_ == nullptr) unwinding_ = std::move(error);
  } catch (...) {
    failures_.push_back(std::move(error));
  }
  cancel("the body of the group failed");
}

op<> group_state::all_ended() {
  static constexpr op<>::rules rules{{.name = "the tasks of a group",
                                      .leave = &leave,
                                      .holder = nullptr,
                                      .until_end = true,
                                      .holders = &add_children},
                                     &is_empty,
                                     [](op<>&) {}};
  return {rules, this};
}

void group_state::add_children(const op_base& o, std::vector<std::uint64_t>& ids) {
  const auto& self = static_cast<const op<>&>(o).object<group_state>();
  for (const task_state* t = self.children_.front(); t != nullptr; t = t->in_group.next)
    ids.push_back(t->id);
}

bool group_state::is_empty(op<>& o) {
  auto& self = o.object<group_state>();
  if (self.empty()) return true;
  self.waiting_.push(o);
  return false;
}

bool group_state::leave(op_base& o) noexcept {
  static_cast<op<>&>(o).object<group_state>().waiting_.remove(o);
  return true;
}

void group_state::rethrow() {
  if (unwinding_ != nullptr) {
    for (std::exception_ptr& failure : failures_) owner().sched->owner.report(std::move(failure));
    std::rethrow_exception(unwinding_);
  }
  if (failures_.size() == 1) std::rethrow_exception(failures_.front());
  if (!failures_.empty()) throw task_group_error(std::move(failures_));
}

}  // namespace crossfade::detail
