#include "collector/run.hpp"

#include <functional>
#include <string_view>

#include "collector/collect.hpp"
#include "compat/loop.hpp"
#include "compat/runtime.hpp"
#include "compat/subsystem.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"

namespace collector {

// region run
fiber_port::summary run(const fiber_port::job& todo) {
  namespace xf = crossfade;
  xf::loop loop;
  xf::fiber_backend::backend fiber{loop};
  xf::coro_backend::backend coro{loop};
  xf::runtime runtime{
      loop, {fiber, coro}, [&](auto...) -> std::string_view { return todo.backend; }};
  xf::subsystem prices{runtime, "prices"};

  fiber_port::summary result = loop.run(coro, [&]() -> xf::task<fiber_port::summary> {
    co_return co_await prices.spawn(collect, std::cref(todo)).join();
  });
  result.stacks = fiber.stacks();
  return result;
}
// endregion

}  // namespace collector
