#include "coro_backend/timeout.hpp"

#include "compat/errors.hpp"
#include "coro_backend/detail/exception_kind.hpp"

namespace crossfade::coro_backend {

timeout::timeout(std::optional<duration> delay) {
  if (delay) when_ = get_running_loop().time() + *delay;
}

timeout timeout_at(std::optional<time_point> when) { return timeout(timeout::at{when}); }

void timeout::stop_timer() noexcept {
  if (!timer_) return;
  timer_->cancel();
  timer_.reset();
}

void timeout::reschedule(std::optional<time_point> when) {
  if (state_ != state::entered) {
    throw usage_error(state_ == state::created ? "a timeout is rescheduled that has not begun"
                                               : "a timeout is rescheduled that is over");
  }
  when_ = when;
  stop_timer();
  if (!when) return;
  event_loop& loop = get_running_loop();
  auto ring = [this] { expire(); };
  if (*when <= loop.time()) {
    timer_ = loop.call_soon(ring);
  } else {
    timer_ = loop.call_at(*when, ring);
  }
}

void timeout::expire() {
  timer_.reset();
  task_.cancel();
  state_ = state::expiring;
}

crossfade::task<> timeout::aenter() {
  task_ = current_task();
  if (!task_) {
    throw usage_error(
        "an asyncio timeout is entered by a task that is none of asyncio's: use with_timeout");
  }
  state_ = state::entered;
  reschedule(when_);
  co_return;
}

crossfade::task<> timeout::aexit(std::exception_ptr error) {
  stop_timer();
  if (state_ == state::expiring) {
    state_ = state::expired;
    if (task_.uncancel() == 0 && detail::is_cancellation(error))
      throw timeout_error(task_.get_name() + ": timed out");
  } else {
    state_ = state::exited;
  }
  co_return;
}

}  // namespace crossfade::coro_backend
