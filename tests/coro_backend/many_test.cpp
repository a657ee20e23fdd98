#include <vector>

#include "compat/event.hpp"
#include "compat/spawn.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using CoroutinesTest = loop_test;

TEST_F(CoroutinesTest, AHundredThousandAreParkedAtOnceAndJoined) {
  constexpr int count = 100'000;
  event go;
  int parked = 0;
  int ended = 0;
  loop_.run(backends_.coro, [&]() -> task<> {
    std::vector<handle<>> handles;
    for (int i = 0; i < count; ++i) {
      handles.push_back(spawn([&]() -> task<> {
        ++parked;
        co_await go.wait();
        ++ended;
      }));
    }
    co_await settle();
    EXPECT_EQ(parked, count);
    EXPECT_EQ(ended, 0);
    go.set();
    for (auto& handle : handles) co_await handle.join();
  });
  EXPECT_EQ(ended, count);
}

TEST_F(CoroutinesTest, NeedNoStacks) {
  loop_.run(backends_.coro, []() -> task<> {
    auto child = spawn([]() -> task<> { co_await sleep(1ms); });
    co_await child.join();
  });
  EXPECT_EQ(backends_.fiber.stacks(), 0U);
}

}  // namespace
}  // namespace crossfade
