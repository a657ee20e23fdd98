#include "coro_backend/condition.hpp"

#include <limits>
#include <string>

#include "compat/errors.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

void condition::require_locked(const char* what) const {
  if (!locked()) {
    throw usage_error(std::string("condition::") + what +
                      ": its lock is free, acquire it before you call this");
  }
}

crossfade::task<bool> condition::wait() {
  require_locked("wait");
  release();
  std::exception_ptr error;
  try {
    static constexpr auto rules = detail::private_rules("an asyncio condition");
    detail::queued_wait wait(get_running_loop(), waiters_, rules);
    co_await *wait;
  } catch (...) {
    error = std::current_exception();
  }
  // Whatever happens, the caller has the lock afterwards; a cancellation meanwhile is thrown then,
  // without its message.
  bool cancelled_meanwhile = false;
  for (bool held = false; !held;) {
    try {
      co_await acquire();
      held = true;
    } catch (const cancelled&) {
      cancelled_meanwhile = true;
    }
  }
  if (cancelled_meanwhile) throw cancelled_error();
  if (error != nullptr) std::rethrow_exception(error);
  co_return true;
}

void condition::notify(std::size_t n) {
  require_locked("notify");
  for (auto* w = waiters_.front(); w != nullptr && n > 0; w = detail::waiter_list::after(*w)) {
    if (w->done()) continue;
    w->set_unless_done();
    --n;
  }
}

void condition::notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

}  // namespace crossfade::coro_backend
