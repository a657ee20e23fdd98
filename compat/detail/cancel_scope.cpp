#include "compat/detail/cancel_scope.hpp"

#include <cassert>
#include <utility>

#include "compat/detail/task_state.hpp"

namespace crossfade::detail {

cancel_scope::cancel_scope(kind k)
    : task_(task_state::current()),
      outer_(std::exchange(task_.scopes, this)),
      id_(++task_.sched->last_id),
      kind_(k) {}

cancel_scope::~cancel_scope() {
  assert(task_.scopes == this && "scopes are closed in reverse order, by their own task");
  task_.scopes = outer_;
}

void cancel_scope::cancel(std::string reason) {
  if (requested_) return;
  requested_ = true;
  reason_ = std::move(reason);
  task_.request_attention();
}

bool cancel_scope::owns(const std::exception_ptr& error) const noexcept {
  if (!delivered_) return false;
  try {
    std::rethrow_exception(error);
  } catch (const cancelled& c) {
    return c.scope_ == id_;
  } catch (...) {
    return false;
  }
}

}  // namespace crossfade::detail
