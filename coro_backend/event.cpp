#include "coro_backend/event.hpp"

#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

crossfade::task<bool> event::wait() {
  if (set_) co_return true;
  static constexpr auto rules = detail::private_rules("an asyncio event");
  detail::queued_wait wait(get_running_loop(), waiters_, rules);
  co_await *wait;
  co_return true;
}

void event::set() noexcept {
  if (set_) return;
  set_ = true;
  for (auto* w = waiters_.front(); w != nullptr; w = detail::waiter_list::after(*w))
    w->set_unless_done();
}

}  // namespace crossfade::coro_backend
