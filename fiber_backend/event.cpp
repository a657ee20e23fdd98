#include "fiber_backend/event.hpp"

namespace crossfade::fiber_backend {

const crossfade::detail::wait_rules event::wait_op::rules_of_this{
    .name = "a gevent event", .leave = &leave, .holder = nullptr, .ended_by_guest = true};

bool event::wait_op::start() {
  if (!of().ready()) {
    begin(*this);
    return false;
  }
  if (!of().notifying()) return true;
  begin_behind(*this);
  return false;
}

bool event::wait_op::leave(crossfade::detail::op_base& op) noexcept {
  static_cast<wait_op&>(op).linked_wait::leave();
  return true;
}

bool event::wait_op::take() noexcept {
  end();
  return !expired();
}

void event::set() {
  set_ = true;
  check_and_notify();
}

void event::rawlink(callback<event&> function) {
  add_link(*new detail::function_link<event&, event>(std::move(function), *this));
}

}  // namespace crossfade::fiber_backend
