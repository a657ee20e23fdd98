#include "compat/http/connections.hpp"

#include "compat/http/detail/connection.hpp"

#include "compat/cleanup.hpp"
#include "compat/event.hpp"
#include "compat/sleep.hpp"

namespace crossfade::http {

task<> connections::end_soon(duration patience) {
  ending_ = true;
  auto until_cancelled = [this, patience]() -> task<> {
    co_await sleep(patience);
    for (detail::connection* each : open_) each->close_if_idle();
    event never;
    co_await never.wait();
  };
  auto go_on = [this] { ending_ = false; };
  co_await try_finally(until_cancelled, go_on);
}

}  // namespace crossfade::http
