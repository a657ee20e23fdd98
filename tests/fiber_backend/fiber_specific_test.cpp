#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fss.hpp>
#include <boost/fiber/operations.hpp>
#include <memory>
#include <string>
#include <vector>

#include "compat/event.hpp"
#include "compat/on_fiber.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace fibers = boost::fibers;

// Each fiber, each task and each call of a portal has its own specific values, from its start to
// its end, though many take their turns on one pooled stack.
class FiberSpecificTest : public loop_test {
 protected:
  FiberSpecificTest() { destroyed_now() = 0; }

  // The clean-up of a `fiber_specific_ptr` is a plain function.
  static int& destroyed_now() {
    static int count = 0;
    return count;
  }
  static void destroy(int* value) {
    ++destroyed_now();
    delete value;
  }

  fibers::fiber_specific_ptr<int> value_{&destroy};
};

TEST_F(FiberSpecificTest, TaskDoesNotSeeWhatTheLastOnItsStackLeft) {
  loop_.run(backends_.fiber, [&] {
    for (int i = 1; i <= 3; ++i) {
      await(spawn([&, i] {
              EXPECT_EQ(value_.get(), nullptr);
              value_.reset(new int(i));
              await(checkpoint());
              EXPECT_EQ(*value_, i);
            }).join());
      EXPECT_EQ(destroyed_now(), i);
    }
  });
  EXPECT_EQ(backends_.fiber.stacks(), 2U);  // they did use one stack
}

TEST_F(FiberSpecificTest, TaskThatEndsWithoutAWaitLeavesNothingToTheNextOnItsStack) {
  loop_.run(backends_.fiber, [&] {
    std::vector<handle<>> tasks;
    for (int i = 0; i < 3; ++i) {
      tasks.push_back(spawn([&] {
        EXPECT_EQ(value_.get(), nullptr);
        value_.reset(new int(1));
      }));
    }
    for (auto& task : tasks) await(task.join());
  });
  EXPECT_EQ(destroyed_now(), 3);
}

TEST_F(FiberSpecificTest, TasksSideBySideHaveTheirOwn) {
  run([&](task_group& group) {
    for (int i = 0; i < 3; ++i) {
      group.spawn([&, i] {
        value_.reset(new int(i));
        for (int k = 0; k < 3; ++k) await(checkpoint());
        EXPECT_EQ(*value_, i);
      });
    }
  });
  EXPECT_EQ(destroyed_now(), 3);
}

TEST_F(FiberSpecificTest, FailedAndCancelledTasksLeaveNothing) {
  loop_.run(backends_.fiber, [&] {
    auto failed = spawn([&] {
      value_.reset(new int(1));
      throw 1;
    });
    EXPECT_THROW(await(failed.join()), int);
    auto cancelled = spawn([&] {
      EXPECT_EQ(value_.get(), nullptr);
      value_.reset(new int(2));
      await(event().wait());
    });
    await(checkpoint());
    cancelled.cancel();
    EXPECT_THROW(await(cancelled.join()), task_cancelled);
    EXPECT_EQ(destroyed_now(), 2);
  });
}

TEST_F(FiberSpecificTest, CallOfAPortalHasItsOwnUntilItEnds) {
  loop_.run(backends_.coro, [&]() -> task<> {
    auto call = [&] {
      EXPECT_EQ(value_.get(), nullptr);
      value_.reset(new int(1));
      await(checkpoint());
      EXPECT_EQ(*value_, 1);
    };
    for (int i = 1; i <= 3; ++i) {
      co_await on_fiber(call);
      EXPECT_EQ(destroyed_now(), i);
    }
    auto at_once = [&] {
      EXPECT_EQ(value_.get(), nullptr);
      value_.reset(new int(2));
    };
    co_await on_fiber(at_once);
    EXPECT_EQ(destroyed_now(), 4);
  });
  EXPECT_EQ(backends_.fiber.stacks(), 1U);
}

// Where there is a stack already, a portal is a call in place.
TEST_F(FiberSpecificTest, CallsInsideAPortalOrAFiberShareItsValues) {
  auto outer = [&] {
    value_.reset(new int(1));
    auto below = [&]() -> task<> {
      auto inner = [&] {
        EXPECT_EQ(*value_, 1);
        *value_ = 2;
      };
      co_await on_fiber(inner);
    };
    await(below());
    EXPECT_EQ(*value_, 2);
  };
  loop_.run(backends_.fiber, outer);
  loop_.run(backends_.coro, [&]() -> task<> { co_await on_fiber(outer); });
  EXPECT_EQ(destroyed_now(), 2);
}

TEST_F(FiberSpecificTest, TheirFibersHaveTheirOwn) {
  loop_.run(backends_.fiber, [&] {
    value_.reset(new int(1));
    fibers::fiber theirs([&] {
      EXPECT_EQ(value_.get(), nullptr);
      value_.reset(new int(2));
      boost::this_fiber::yield();
      EXPECT_EQ(*value_, 2);
    });
    boost::this_fiber::yield();
    EXPECT_EQ(*value_, 1);
    theirs.join();
  });
  EXPECT_EQ(destroyed_now(), 2);
}

TEST_F(FiberSpecificTest, CleanUpMaySetOthersThatAreCleanedUpToo) {
  static fibers::fiber_specific_ptr<int>* other = nullptr;
  other = &value_;
  struct sets_other {
    ~sets_other() { other->reset(new int(1)); }
  };
  fibers::fiber_specific_ptr<sets_other> first;
  loop_.run(backends_.fiber, [&] {
    await(spawn([&] { first.reset(new sets_other); }).join());
    EXPECT_EQ(destroyed_now(), 1);
    await(spawn([&] { EXPECT_EQ(value_.get(), nullptr); }).join());
  });
}

}  // namespace
}  // namespace crossfade
