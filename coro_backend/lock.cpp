#include "coro_backend/lock.hpp"

#include "compat/errors.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

crossfade::task<bool> lock::acquire() {
  bool others_wait = false;
  for (auto* w = waiters_.front(); w != nullptr && !others_wait; w = detail::waiter_list::after(*w))
    others_wait = !w->cancelled();
  if (locked_ || others_wait) {
    static constexpr auto rules = detail::private_rules("an asyncio lock");
    try {
      detail::queued_wait wait(get_running_loop(), waiters_, rules);
      co_await *wait;
    } catch (const cancelled&) {
      if (!locked_) wake_first();
      throw;
    }
  }
  locked_ = true;
  co_return true;
}

void lock::release() {
  if (!locked_) throw usage_error("an asyncio lock is released that is free: acquire it first");
  locked_ = false;
  wake_first();
}

// One that is done has its turn coming, and wakes the next itself if it does not take the lock.
void lock::wake_first() noexcept {
  if (detail::queued_future* first = waiters_.front()) first->set_unless_done();
}

crossfade::task<> lock::aenter() { co_await acquire(); }

crossfade::task<> lock::aexit(std::exception_ptr /*error*/) {
  release();
  co_return;
}

}  // namespace crossfade::coro_backend
