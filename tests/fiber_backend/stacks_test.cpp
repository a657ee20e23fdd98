#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "compat/event.hpp"
#include "compat/on_fiber.hpp"
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

// All beginning alike, their frames would share a few sets of the processor's caches.
TEST_F(StacksTest, BeginAtSeveralPlacesOfAPage) {
  std::set<std::uintptr_t> places;
  loop_.run(backends_.fiber, [&] {
    event go;
    const auto waiting = [&] {
      places.insert(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) % 4096);
      await(go.wait());
    };
    std::vector<handle<>> handles;
    for (int i = 0; i < 16; ++i) handles.push_back(spawn(waiting));
    await(settle());
    go.set();
    for (auto& handle : handles) await(handle.join());
  });
  EXPECT_EQ(places.size(), 4U);
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

TEST_F(OwnStacksTest, DeepestUseOfAStackIsKnown) {
  fiber_backend::backend fiber(loop_);
  EXPECT_EQ(fiber.stack_stats().deepest, 0U);
  loop_.run(fiber, [] { await(spawn([] { use_stack(100); }).join()); });
  const std::size_t deepest = fiber.stack_stats().deepest;
  EXPECT_GE(deepest, std::size_t{100} * 1024);
  EXPECT_LE(deepest, std::size_t{200} * 1024);
}

TEST_F(OwnStacksTest, StatsCountWhatThereIs) {
  fiber_backend::backend fiber(loop_, {.stack_size = 100'000, .max_guarded_stacks = 10});
  park_many(loop_, fiber, 29);
  const auto stats = fiber.stack_stats();
  EXPECT_EQ(stats.made, 30U);
  EXPECT_EQ(stats.idle, 30U);
  EXPECT_EQ(stats.guarded, 10U);
  EXPECT_GE(stats.size, 100'000U);
}

#if defined(NDEBUG) && !defined(CROSSFADE_ASAN) && !defined(CROSSFADE_TSAN)
// Frames are as small as the optimiser makes them.
TEST_F(OwnStacksTest, FiberThatWaitsInItsFunctionTakesOnePage) {
  fiber_backend::backend fiber(loop_);
  coro_backend::backend coro(loop_);
  event go;
  loop_.run(coro, [&]() -> task<> {
    auto body = [&](task_group& group) -> task<> {
      for (int i = 0; i < 100; ++i) group.on(fiber).spawn([&] { await(go.wait()); });
      co_await settle();
      EXPECT_EQ(fiber.stack_stats().deepest, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
      go.set();
    };
    co_await with_task_group(body);
  });
}
#endif

TEST_F(OwnStacksTest, TaskFailsIfThereIsNoStackToBeHad) {
  fiber_backend::backend fiber(loop_, {.stack_size = std::size_t{1} << 60});
  coro_backend::backend coro(loop_);
  EXPECT_THROW(loop_.run(fiber, [] {}), std::bad_alloc);
  loop_.run(coro, []() -> task<> {
    auto blocking = [] {};
    auto portal = [&]() -> task<> { co_await on_fiber(blocking); };
    EXPECT_EQ(co_await outcome_of(portal), "exception: std::bad_alloc");
  });
}

TEST_F(OwnStacksTest, PortalsKeepOnlySoManyIdle) {
  fiber_backend::backend fiber(loop_, {.max_idle_stacks = 5});
  coro_backend::backend coro(loop_);
  event go;
  int ended = 0;
  loop_.run(coro, [&]() -> task<> {
    std::vector<handle<>> handles;
    auto wait = [&] { await(go.wait()); };
    for (int i = 0; i < 50; ++i) {
      handles.push_back(spawn([&]() -> task<> {
        co_await on_fiber(wait);
        ++ended;
      }));
    }
    co_await settle();
    EXPECT_EQ(fiber.stacks(), 50U);
    go.set();
    for (auto& handle : handles) co_await handle.join();
  });
  EXPECT_EQ(ended, 50);
  EXPECT_EQ(fiber.stacks(), 5U);
}

TEST_F(OwnStacksTest, PortalsNeedNoIdleStack) {
  fiber_backend::backend fiber(loop_, {.max_idle_stacks = 0});
  coro_backend::backend coro(loop_);
  std::string order;
  loop_.run(coro, [&]() -> task<> {
    auto other = spawn([&] { order += 'o'; });
    auto at_once = [&] { order += 'p'; };
    for (int i = 0; i < 3; ++i) co_await on_fiber(at_once);
    co_await other.join();
  });
  EXPECT_EQ(order, "pppo");
  EXPECT_EQ(fiber.stacks(), 0U);
}

}  // namespace
}  // namespace crossfade
