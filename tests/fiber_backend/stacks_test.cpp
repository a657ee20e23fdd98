#include <cstddef>
#include <vector>

#include "compat/event.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/detail/stack_switch.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

#if defined(CROSSFADE_TSAN)
constexpr int many = 4'000;  // ThreadSanitizer knows some 8,000 fibers and no more
#else
constexpr int many = 10'000;
#endif

using StacksTest = loop_test;

TEST_F(StacksTest, ManyFibersAreParkedAtOnceAndJoined) {
  event go;
  int parked = 0;
  int ended = 0;
  loop_.run(backends_.fiber, [&] {
    std::vector<handle<>> handles;
    for (int i = 0; i < many; ++i) {
      handles.push_back(spawn([&] {
        ++parked;
        await(go.wait());
        ++ended;
      }));
    }
    await(settle());
    EXPECT_EQ(parked, many);
    EXPECT_EQ(ended, 0);
    go.set();
    for (auto& handle : handles) await(handle.join());
  });
  EXPECT_EQ(ended, many);
}

TEST_F(StacksTest, StackOfAnEndedFiberIsUsedAgain) {
  loop_.run(backends_.fiber, [] {
    for (int i = 0; i < 1000; ++i) await(spawn([] { await(checkpoint()); }).join());
  });
  EXPECT_EQ(backends_.fiber.stacks(), 2U);  // the function's, and one for all others
}

TEST_F(StacksTest, FibersThatEndWithoutAWaitShareOneStack) {
  loop_.run(backends_.fiber, [] {
    std::vector<handle<>> handles;
    for (int i = 0; i < 1000; ++i) handles.push_back(spawn([] {}));
    for (auto& handle : handles) await(handle.join());
  });
  EXPECT_EQ(backends_.fiber.stacks(), 2U);
}

TEST_F(StacksTest, OneThatNeverRanHasNoStack) {
  loop_.run(backends_.fiber, [&] {
    auto handle = spawn([] {});
    EXPECT_EQ(backends_.fiber.stacks(), 1U);
    await(handle.join());
  });
}

class OwnStacksTest : public testing::Test {
 protected:
  static void park_many(loop& loop, fiber_backend::backend& fiber, int count) {
    event go;
    loop.run(fiber, [&] {
      std::vector<handle<>> handles;
      for (int i = 0; i < count; ++i) handles.push_back(spawn([&] { await(go.wait()); }));
      await(settle());
      go.set();
      for (auto& handle : handles) await(handle.join());
    });
  }
  loop loop_{{.virtual_time = true}};
};

TEST_F(OwnStacksTest, KeepsOnlySoManyIdle) {
  fiber_backend::backend fiber(loop_, {.max_idle_stacks = 5});
  park_many(loop_, fiber, 50);
  EXPECT_EQ(fiber.stacks(), 5U);
}

TEST_F(OwnStacksTest, BackendIsDestroyedWithItsStacksIdle) {
  for (int i = 0; i < 3; ++i) {
    fiber_backend::backend fiber(loop_);
    park_many(loop_, fiber, 50);
    EXPECT_EQ(fiber.stacks(), 51U);
  }
}

// Uses `kilobytes` of stack, at the least. Each frame is handed the one above it, or an optimiser
// might make a loop of them that uses one and the same.
[[gnu::noinline]] std::size_t use_stack(std::size_t kilobytes, volatile char* above = nullptr) {
  volatile char kilobyte[1024];
  kilobyte[0] = 1;
  if (above != nullptr) above[0] = 2;
  const std::size_t below = kilobytes > 1 ? use_stack(kilobytes - 1, kilobyte) : 0;
  return below + static_cast<std::size_t>(kilobyte[0] != 0);
}

TEST_F(OwnStacksTest, StackIsAsLargeAsAsked) {
  fiber_backend::backend fiber(loop_, {.stack_size = std::size_t{4} * 1024 * 1024});
  EXPECT_EQ(loop_.run(fiber, [] { return use_stack(1024); }), 1024U);
}

#if !defined(CROSSFADE_ASAN) && !defined(CROSSFADE_TSAN)
// The sanitizers end an overflow in their own ways.
TEST_F(OwnStacksTest, OverflowEndsTheProgramAtTheGuardPage) {
  EXPECT_EXIT(
      {
        fiber_backend::backend fiber(loop_, {.stack_size = std::size_t{64} * 1024});
        loop_.run(fiber, [] { return use_stack(1024); });
      },
      testing::KilledBySignal(SIGSEGV), "");
}
#endif

}  // namespace
}  // namespace crossfade
