#include "coro_backend/sleep.hpp"

#include "coro_backend/detail/wait.hpp"
#include "coro_backend/detail/waiter.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

crossfade::task<> sleep(duration delay) {
  event_loop& loop = get_running_loop();
  if (delay <= duration::zero()) {
    detail::yield_op yield(loop);
    co_await yield;
    co_return;
  }
  static constexpr auto rules = detail::private_rules("sleep");
  const detail::counted waiter(new detail::private_future(loop, rules));
  const detail::scoped_timer timer(loop.call_later(delay, [waiter] { waiter->set_unless_done(); }));
  detail::future_wait<void> wait(*waiter);
  co_await wait;
}

}  // namespace crossfade::coro_backend
