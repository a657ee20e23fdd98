#include "compat/barrier.hpp"

#include "compat/detail/misuse.hpp"
#include "compat/errors.hpp"

namespace crossfade {

barrier::barrier(std::size_t parties) : parties_(parties) {
  if (parties == 0) throw usage_error("barrier: 0 parties; expected at least 1");
}

barrier::~barrier() { detail::require_no_waiters("a barrier", waiters_); }

detail::barrier_op barrier::wait() { return detail::barrier_op(*this); }

void barrier::abort() noexcept {
  broken_ = true;
  send_away("wait: the barrier was aborted");
}

void barrier::reset() noexcept {
  broken_ = false;
  send_away("wait: the barrier was reset before all had come");
}

void barrier::send_away(const char* why) noexcept {
  waiting_ = 0;
  while (!waiters_.empty()) {
    auto& waiter = static_cast<detail::barrier_op&>(waiters_.pop());
    waiter.sent_away_ = why;
    waiter.complete();
  }
}

namespace detail {

const wait_rules barrier_op::rules_of_this{.name = "a barrier", .leave = &leave, .holder = nullptr};

bool barrier_op::start() {
  if (barrier_.broken_) throw broken_barrier("wait: the barrier is broken; reset it first");
  if (barrier_.waiting_ + 1 < barrier_.parties_) {
    barrier_.waiters_.push(*this);
    ++barrier_.waiting_;
    return false;
  }
  // Places are given now and not on arrival: where a cancelled waiter left, those behind moved up.
  for (std::size_t place = 0; !barrier_.waiters_.empty(); ++place) {
    auto& waiter = static_cast<barrier_op&>(barrier_.waiters_.pop());
    waiter.place_ = place;
    waiter.complete();
  }
  place_ = std::exchange(barrier_.waiting_, 0);
  return true;
}

bool barrier_op::leave(op_base& o) noexcept {
  auto& self = static_cast<barrier_op&>(o);
  self.barrier_.waiters_.remove(o);
  --self.barrier_.waiting_;
  return true;
}

std::size_t barrier_op::take() const {
  if (sent_away_ != nullptr) throw broken_barrier(sent_away_);
  return place_;
}

}  // namespace detail

}  // namespace crossfade
