#include <exception>
#include <functional>

#include "compat/on_fiber.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

// What the C++ runtime knows of exceptions in flight is one thread's. It has to change hands with
// the stack, or tasks that wait inside handlers rethrow each other's exceptions.
using ExceptionsTest = pair_test;

void wait_in_handler(int mine, int rounds) {
  const std::exception_ptr outer = std::current_exception();
  try {
    throw mine;
  } catch (int) {
    for (int i = 0; i < rounds; ++i) await(checkpoint());
    try {
      throw;
    } catch (int again) {
      EXPECT_EQ(again, mine);
    }
  }
  EXPECT_EQ(std::current_exception(), outer);
}

void wait_in_nested_handlers(int mine) {
  try {
    throw mine;
  } catch (int) {
    await(checkpoint());
    wait_in_handler(10 * mine, 2);
    await(checkpoint());
    try {
      throw;
    } catch (int again) {
      EXPECT_EQ(again, mine);
    }
  }
}

task<> blocking(std::function<void()> text) { co_await on_fiber(text); }

TEST_P(ExceptionsTest, TwoThatWaitInHandlersRethrowTheirOwn) {
  run([&](task_group& group) {
    a().spawn(group, [] { return blocking([] { wait_in_handler(1, 3); }); });
    b().spawn(group, [] { return blocking([] { wait_in_handler(2, 2); }); });
  });
}

TEST_P(ExceptionsTest, ThreeThatLeaveTheirHandlersInAnyOrderRethrowTheirOwn) {
  run([&](task_group& group) {
    a().spawn(group, [] { return blocking([] { wait_in_handler(1, 5); }); });
    b().spawn(group, [] { return blocking([] { wait_in_handler(2, 1); }); });
    a().spawn(group, [] { return blocking([] { wait_in_handler(3, 3); }); });
  });
}

TEST_P(ExceptionsTest, NestedHandlersKeepTheirOrder) {
  run([&](task_group& group) {
    a().spawn(group, [] { return blocking([] { wait_in_nested_handlers(1); }); });
    b().spawn(group, [] { return blocking([] { wait_in_nested_handlers(2); }); });
    b().spawn(group, [] { return blocking([] { wait_in_handler(3, 4); }); });
  });
}

TEST_P(ExceptionsTest, CoroutinesThatThrowMeanwhileDisturbNobody) {
  run([&](task_group& group) {
    a().spawn(group, [] { return blocking([] { wait_in_handler(1, 5); }); });
    b().spawn(group, []() -> task<> {
      for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(std::current_exception(), nullptr);
        try {
          co_await checkpoint();
          throw 7;
        } catch (int n) {
          EXPECT_EQ(n, 7);
        }
      }
    });
  });
}

TEST_P(ExceptionsTest, WaitsWhileUnwindingKeepTheCountOfWhatIsInFlight) {
  struct waits_while_unwinding {
    ~waits_while_unwinding() {
      EXPECT_EQ(std::uncaught_exceptions(), 1);
      await(checkpoint());
      await(checkpoint());
      EXPECT_EQ(std::uncaught_exceptions(), 1);
    }
  };
  const auto unwind = [] {
    try {
      const waits_while_unwinding here;
      throw 1;
    } catch (int n) {
      EXPECT_EQ(n, 1);
    }
  };
  run([&](task_group& group) {
    a().spawn(group, [=] { return blocking(unwind); });
    b().spawn(group, []() -> task<> {
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        co_await checkpoint();
      }
    });
    b().spawn(group, [=] { return blocking(unwind); });
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, ExceptionsTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
