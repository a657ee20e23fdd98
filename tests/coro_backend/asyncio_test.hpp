#pragma once

#include "coro_backend/asyncio.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {

/// What the recorded traces do not show of asyncio's face.
class AsyncioTest : public test_kit::loop_test {
 protected:
  /// Runs `body` as an asyncio task.
  template <class Body>
  void run_asyncio(Body body) {
    loop_.run(backends_.coro, [&]() -> task<> {
      auto main = coro_backend::create_task(body);
      co_await main;
    });
  }
};

}  // namespace crossfade
