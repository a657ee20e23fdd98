#include "fiber_backend/semaphore.hpp"

#include "fiber_backend/errors.hpp"

namespace crossfade::fiber_backend {

using crossfade::detail::wait_rules;

const wait_rules semaphore::acquire_op::rules_of_this{
    .name = "a gevent semaphore", .leave = &leave, .holder = nullptr, .ended_by_guest = true};
const wait_rules semaphore::wait_op::rules_of_this{
    .name = "a gevent semaphore", .leave = &leave, .holder = nullptr, .ended_by_guest = true};

bool semaphore::acquire_op::start() {
  if (of_.counter_ > 0) return true;
  begin(*this);
  return false;
}

bool semaphore::acquire_op::leave(crossfade::detail::op_base& op) noexcept {
  static_cast<acquire_op&>(op).linked_wait::leave();
  return true;
}

bool semaphore::acquire_op::take() noexcept {
  end();
  if (expired()) return false;
  --of_.counter_;
  return true;
}

bool semaphore::wait_op::start() {
  if (of_.counter_ > 0) return true;
  begin(*this);
  return false;
}

bool semaphore::wait_op::leave(crossfade::detail::op_base& op) noexcept {
  static_cast<wait_op&>(op).linked_wait::leave();
  return true;
}

std::size_t semaphore::wait_op::take() noexcept {
  end();
  return of_.counter_;
}

bool semaphore::acquire_nowait() noexcept {
  if (counter_ == 0) return false;
  --counter_;
  return true;
}

void semaphore::release() {
  ++counter_;
  check_and_notify();
}

void semaphore::rawlink(callback<semaphore&> function) {
  add_link(*new detail::function_link<semaphore&, semaphore>(std::move(function), *this));
}

void bounded_semaphore::release() {
  if (counter() >= most_) {
    throw given_back_too_often("bounded_semaphore: released, and all " + std::to_string(most_) +
                               " permits are there: release only what was acquired");
  }
  semaphore::release();
}

}  // namespace crossfade::fiber_backend
