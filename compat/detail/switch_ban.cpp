#include "compat/detail/switch_ban.hpp"

#include <cassert>

#include "compat/detail/task_state.hpp"

namespace crossfade::detail {

namespace {

task_state* running_task() noexcept {
  return this_scheduler != nullptr ? this_scheduler->current : nullptr;
}

}  // namespace

switch_ban::switch_ban(const char* what, const std::source_location& site) noexcept
    : task_(running_task()),
      outer_(task_ != nullptr ? task_->switch_ban_ : nullptr),
      what_(what),
      site_(site) {
  if (task_ == nullptr) return;
  task_->switch_ban_ = this;
  // Sends each wait the slow way, where the ban is found: the fast way need not know of it.
  task_->attention_ = true;
}

switch_ban::~switch_ban() {
  if (task_ == nullptr) return;
  assert(task_->switch_ban_ == this && "bans end in reverse order, in their own task");
  task_->switch_ban_ = outer_;
  task_->attention_ = task_->wants_attention();
}

}  // namespace crossfade::detail
