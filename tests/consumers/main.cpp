// A program of ours as its users write it: installed or embedded, all components at once.

#include <compat/loop.hpp>
#include <compat/runtime.hpp>
#include <compat/subsystem.hpp>
#include <compat/task.hpp>
#include <coro_backend/backend.hpp>
#include <fiber_backend/backend.hpp>
#include <flags/file.hpp>

namespace xf = crossfade;

int main(int, char** argv) {
  xf::flags::file flags{argv[1]};
  xf::loop loop;
  xf::fiber_backend::backend fiber{loop};
  xf::coro_backend::backend coro{loop};
  xf::runtime runtime{loop, {fiber, coro}, flags.chooser()};
  xf::subsystem prices{runtime, "prices"};
  const int price = loop.run(fiber, [&]() -> xf::task<int> {
    co_return co_await prices.spawn([]() -> xf::task<int> { co_return 42; }).join();
  });
  const xf::backend_counters& counted = prices.counters()[1];  // where the flag file sends them
  return price == 42 && counted.backend == "coro" && counted.spawned == 1 ? 0 : 1;
}
