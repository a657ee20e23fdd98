#include "coro_backend/semaphore.hpp"

#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

semaphore::semaphore(int value) : value_(value) {
  if (value < 0) throw value_error("a semaphore begins with fewer than no permits");
}

bool semaphore::locked() const noexcept {
  if (value_ == 0) return true;
  for (auto* w = waiters_.front(); w != nullptr; w = detail::waiter_list::after(*w)) {
    if (!w->cancelled()) return true;
  }
  return false;
}

crossfade::task<bool> semaphore::acquire() {
  if (!locked()) {
    --value_;
    co_return true;
  }
  static constexpr auto rules = detail::private_rules("an asyncio semaphore");
  detail::counted<detail::queued_future> future;
  try {
    detail::queued_wait wait(get_running_loop(), waiters_, rules);
    future = detail::counted(&wait.future());
    co_await *wait;
  } catch (const cancelled&) {
    // Not merely uncancelled: a portable task may throw before it waits, and has no permit then.
    if (future->finished()) {
      ++value_;
      wake_next();
    }
    throw;
  }
  if (value_ > 0) wake_next();
  co_return true;
}

void semaphore::release() {
  ++value_;
  wake_next();
}

void semaphore::wake_next() noexcept {
  for (auto* w = waiters_.front(); w != nullptr; w = detail::waiter_list::after(*w)) {
    if (w->done()) continue;
    --value_;
    w->set_unless_done();
    return;
  }
}

crossfade::task<> semaphore::aenter() { co_await acquire(); }

crossfade::task<> semaphore::aexit(std::exception_ptr /*error*/) {
  release();
  co_return;
}

void bounded_semaphore::release() {
  if (value() >= bound_)
    throw value_error("a bounded semaphore is released more often than it was acquired");
  semaphore::release();
}

}  // namespace crossfade::coro_backend
