#include "coro_backend/wait.hpp"

#include <algorithm>
#include <memory>

#include "coro_backend/detail/waiter.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

namespace {

using detail::counted;

// What those who are waited for share.
struct waiting {
  counted<detail::private_future> waiter;
  std::size_t left;
  return_when when;
  std::optional<timer_handle> timer = {};

  void one_done(detail::future_core& of) {
    --left;
    if (left != 0 && when != return_when::first_completed &&
        (when != return_when::first_exception || of.cancelled() || of.exception() == nullptr)) {
      return;
    }
    if (timer) timer->cancel();
    waiter->set_unless_done();
  }
};

}  // namespace

crossfade::task<wait_result> wait(std::vector<any_future> futures, wait_options options) {
  std::vector<any_future> different;
  for (const any_future& f : futures) {
    if (std::find(different.begin(), different.end(), f) == different.end()) different.push_back(f);
  }
  if (different.empty()) throw value_error("wait: there is nothing to wait for");

  event_loop& loop = get_running_loop();
  static constexpr auto rules = detail::private_rules("several futures");
  const counted waiter(new detail::private_future(loop, rules));
  auto shared = std::make_shared<waiting>(
      waiting{waiter, different.size(), options.return_when});  // by the callbacks
  if (options.timeout) {
    shared->timer = loop.call_later(*options.timeout, [waiter] { waiter->set_unless_done(); });
  }
  for (const any_future& f : different) {
    f.core().add_done_callback([shared](detail::future_core& of) { shared->one_done(of); },
                               shared.get());
  }
  std::exception_ptr error;
  try {
    detail::future_wait<void> wait(*waiter);
    co_await wait;
  } catch (...) {
    error = std::current_exception();
  }
  if (shared->timer) shared->timer->cancel();
  for (const any_future& f : different) f.core().remove(shared.get());
  if (error != nullptr) std::rethrow_exception(error);

  wait_result result;
  for (const any_future& f : different) (f.done() ? result.done : result.pending).push_back(f);
  co_return result;
}

}  // namespace crossfade::coro_backend
