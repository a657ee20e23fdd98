#include <pthread.h>

#include <cstddef>
#include <functional>
#include <string>

#include "compat/on_fiber.hpp"
#include "compat/sleep.hpp"
#include "compat/task.hpp"
#include "fiber_backend/detail/stack_switch.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ContainsRegex;

constexpr std::size_t megabyte = std::size_t{1024} * 1024;
constexpr int levels = 10'000;
#if defined(CROSSFADE_ASAN) || defined(CROSSFADE_TSAN)
constexpr std::size_t enough = 64 * megabyte;  // their frames are larger
#else
constexpr std::size_t enough = 4 * megabyte;
#endif

// That of the main thread may have no end.
void run_on_thread_with_stack(std::size_t size, const std::function<void()>& f) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, size), 0);
  pthread_t thread{};
  const auto call = [](void* function) -> void* {
    (*static_cast<const std::function<void()>*>(function))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, call, const_cast<std::function<void()>*>(&f)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

task<int> nested(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await nested(depth - 1);
}

task<int> nested_around_a_wait(int depth) {
  if (depth == 0) {
    co_await checkpoint();
    co_return 0;
  }
  co_return 1 + co_await nested_around_a_wait(depth - 1);
}

task<int> nested_around_a_failure(int depth) {
  if (depth == 0) throw std::string("bottom");
  co_return 1 + co_await nested_around_a_failure(depth - 1);
}

// Every stack that text can run on has `stack_size` bytes: the loop's thread's and the fibers'.
void run_in_cell(cell where, std::size_t stack_size, const std::function<task<>()>& body) {
  run_on_thread_with_stack(stack_size, [&] {
    loop owner({.virtual_time = true});
    both_backends backends(owner, {.stack_size = stack_size});
    backends.run(where, body);
  });
}

class DepthTest : public testing::TestWithParam<cell> {
 protected:
  void run(const std::function<task<>()>& body) { run_in_cell(GetParam(), enough, body); }
};
INSTANTIATE_TEST_SUITE_P(Cells, DepthTest, cells(), cell_name);

TEST_P(DepthTest, TenThousandLevelsThatEndAtOnceTakeFourMegabytesAtMost) {
  run([]() -> task<> { EXPECT_EQ(co_await nested(levels), levels); });
}

TEST_P(DepthTest, TenThousandLevelsAroundAWaitTakeFourMegabytesAtMost) {
  run([]() -> task<> { EXPECT_EQ(co_await nested_around_a_wait(levels), levels); });
}

TEST_P(DepthTest, TenThousandLevelsPassAnExceptionOn) {
  run([]() -> task<> {
    std::string caught;
    try {
      co_await nested_around_a_failure(levels);
    } catch (const std::string& failure) {
      caught = failure;
    }
    EXPECT_EQ(caught, "bottom");
  });
}

TEST_P(DepthTest, TooManyLevelsEndTheProgramAndNameTheTask) {
#if defined(CROSSFADE_TSAN)
  GTEST_SKIP() << "its runtime overflows first, with its allocator's lock held, which its report "
                  "of the fault then waits for; OverflowTest overflows outside of it";
#endif
  const std::string whose =
      GetParam().name() == "coro" ? "the stack of the loop's thread" : "its stack";
  EXPECT_DEATH(run_in_cell(GetParam(), 2 * megabyte,
                           []() -> task<> { EXPECT_EQ(co_await nested(1'000'000), 0); }),
               ContainsRegex("stack overflow in task 1 'main' .*: " + whose + " has [0-9]+ bytes"));
}

}  // namespace
}  // namespace crossfade
