#include "implementations/all.hpp"
#include "questions.hpp"

#include "compat/on_fiber.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/context/detail/fcontext.hpp>

#include <cstddef>
#include <memory>
#include <utility>

// One await across each bridge. Boost.Fiber has none.

namespace crossfade::benchmarks {
namespace {

// One operation: a fiber awaits a coroutine that ends at once.
// The limit is the coroutine alone, run in place on the fiber's stack.
tally limit_fiber_awaits_coroutine(std::size_t operations) {
  limit_fiber fibers;
  tally result;
  fibers.run(1, [&](limit_fiber&, std::size_t) {
    const auto child = [&]() -> limit_coro::task {
      result.count();
      co_return;
    };
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      const limit_coro::task callee = child();
      callee.get().resume();
    }
    result.stop();
  });
  return result;
}

tally asio_fiber_awaits_coroutine(std::size_t operations) {
  asio_spawn asio;
  tally result;
  asio.run(1, [&](asio_spawn::self& self, std::size_t) {
    const auto child = [&]() -> asio_awaitable::task {
      result.count();
      co_return;
    };
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      asio_wait([&](auto done) { boost::asio::co_spawn(asio.context(), child(), std::move(done)); },
                self.token());
    }
    result.stop();
  });
  return result;
}

tally crossfade_fiber_awaits_coroutine(std::size_t operations) {
  crossfade_fiber implementation;
  tally result;
  implementation.run(1, [&](crossfade_fiber&, std::size_t) {
    const auto child = [&]() -> task<> {
      result.count();
      co_return;
    };
    result.start();
    for (std::size_t n = 0; n < operations; ++n) await(child());
    result.stop();
  });
  return result;
}

// One operation: a coroutine awaits a function that runs on a pooled stack and returns at once.
// The limit is the jump to the stack and back.
tally limit_coroutine_awaits_function(std::size_t operations) {
  namespace context = boost::context::detail;
  constexpr std::size_t stack_size = 64 * 1024;
  const std::unique_ptr<std::byte[]> stack{new std::byte[stack_size]};
  limit_coro coroutines;
  tally result;
  coroutines.run(1, [&](limit_coro&, std::size_t) -> limit_coro::task {
    const auto counts = [](context::transfer_t caller) {
      for (;;) {
        static_cast<tally*>(caller.data)->count();
        caller = context::jump_fcontext(caller.fctx, nullptr);
      }
    };
    context::fcontext_t pooled =
        context::make_fcontext(stack.get() + stack_size, stack_size, counts);
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      pooled = context::jump_fcontext(pooled, &result).fctx;
    }
    result.stop();
    co_return;
  });
  return result;
}

template <class Asio>
tally asio_coroutine_awaits_function(std::size_t operations) {
  Asio asio;
  boost::context::pooled_fixedsize_stack stacks{64 * 1024};
  tally result;
  asio.run(1, [&](Asio&, std::size_t) -> typename Asio::task {
    const auto function = [&] { result.count(); };
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      co_await asio_spawn_join(asio.context(), stacks, function, typename Asio::token{});
    }
    result.stop();
  });
  return result;
}

tally crossfade_coroutine_awaits_function(std::size_t operations) {
  crossfade_coro implementation;
  fiber_backend::backend stacks{implementation.loop()};
  tally result;
  implementation.run(1, [&](crossfade_coro&, std::size_t) -> task<> {
    const auto function = [&] { result.count(); };
    result.start();
    for (std::size_t n = 0; n < operations; ++n) co_await on_fiber(function);
    result.stop();
  });
  return result;
}

}  // namespace

void add_bridge_rows(suite& rows) {
  rows.add("bridge/fiber_awaits_coroutine", limit_fiber::who, limit_fiber_awaits_coroutine);
  rows.add("bridge/fiber_awaits_coroutine", asio_spawn::who, asio_fiber_awaits_coroutine);
  rows.add("bridge/fiber_awaits_coroutine", crossfade_fiber::who, crossfade_fiber_awaits_coroutine);

  rows.add("bridge/coroutine_awaits_function", limit_coro::who, limit_coroutine_awaits_function);
  rows.add("bridge/coroutine_awaits_function", asio_awaitable::who,
           asio_coroutine_awaits_function<asio_awaitable>);
  rows.add("bridge/coroutine_awaits_function", asio_awaitable_deferred::who,
           asio_coroutine_awaits_function<asio_awaitable_deferred>);
  rows.add("bridge/coroutine_awaits_function", crossfade_coro::who,
           crossfade_coroutine_awaits_function);
}

}  // namespace crossfade::benchmarks
