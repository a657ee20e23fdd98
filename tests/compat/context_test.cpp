#include "compat/context.hpp"

#include <string>
#include <vector>

#include "compat/on_fiber.hpp"
#include "compat/shield.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "compat/to_thread.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

context_var<std::string> request("none");

class ContextVarTest : public pair_test {};

TEST_P(ContextVarTest, ChildHasWhatItsSpawnerHadAtThatMoment) {
  std::string seen;
  run([&](task_group& group) -> task<> {
    request.set("first");
    auto child = a().spawn(group, [&]() -> task<> {
      seen += *request + ' ';
      auto grandchild = [&]() -> task<> {
        seen += *request + ' ';
        co_return;
      };
      co_await spawn(grandchild).join();
    });
    request.set("second");
    co_await child.join();
    b().spawn(group, [&]() -> task<> {
      seen += *request;
      co_return;
    });
  });
  EXPECT_EQ(seen, "first first second");
}

TEST_P(ContextVarTest, WhatOneTaskSetsTheOtherDoesNotSee) {
  run([&](task_group& group) -> task<> {
    request.set("parent");
    auto writer = a().spawn(group, []() -> task<> {
      request.set("child");
      co_await checkpoint();
      EXPECT_EQ(*request, "child");
    });
    auto reader = b().spawn(group, []() -> task<> {
      EXPECT_EQ(*request, "parent");
      co_await checkpoint();
      EXPECT_EQ(*request, "parent");
    });
    co_await writer.join();
    co_await reader.join();
    EXPECT_EQ(*request, "parent");
  });
}

class ContextTest : public cell_test {};

TEST_P(ContextTest, BeginsWithTheDefault) {
  run([]() -> task<> {
    EXPECT_EQ(*request, "none");
    co_return;
  });
  EXPECT_EQ(*request, "none");  // outside of tasks too
}

TEST_P(ContextTest, IsOneWithPortalsShieldsAndTimeouts) {
  run([]() -> task<> {
    request.set("before");
    auto blocking = [] {
      EXPECT_EQ(*request, "before");
      request.set("in the portal");
      auto deeper = []() -> task<> {
        EXPECT_EQ(*request, "in the portal");
        request.set("in the coroutine");
        co_return;
      };
      await(deeper());
    };
    co_await on_fiber(blocking);
    EXPECT_EQ(*request, "in the coroutine");
    auto body = []() -> task<> {
      request.set("in the shield");
      co_return;
    };
    co_await shield(body);
    EXPECT_EQ(*request, "in the shield");
    auto timed = []() -> task<> {
      request.set("in the timeout");
      co_await checkpoint();
    };
    co_await with_timeout(1s, timed);
    EXPECT_EQ(*request, "in the timeout");
  });
}

TEST_P(ContextTest, ScopeGivesTheFormerValueBack) {
  context_var<int> depth(0);
  run([&]() -> task<> {
    auto failing = [&]() -> task<> {
      const auto outer = depth.scoped(1);
      co_await checkpoint();
      {
        const auto inner = depth.scoped(2);
        co_await checkpoint();
        EXPECT_EQ(*depth, 2);
      }
      EXPECT_EQ(*depth, 1);
      throw std::runtime_error("out");
    };
    EXPECT_EQ(co_await outcome_of(failing), "exception: out");
    EXPECT_EQ(*depth, 0);
  });
}

TEST_P(ContextTest, ThreadReadsTheValuesOfTheTaskThatWaitsForIt) {
  run([]() -> task<> {
    request.set("caller");
    EXPECT_EQ(co_await to_thread([] { return *request; }), "caller");
    EXPECT_EQ(
        co_await outcome_of([]() -> task<> { co_await to_thread([] { request.set("thread"); }); }),
        "usage_error: a wait outside of a task: call it in a function given to loop::run or "
        "spawn");
    EXPECT_EQ(*request, "caller");
  });
}

TEST_P(ContextTest, SettingItOutsideOfTasksIsRefused) {
  EXPECT_THROW(request.set("nobody"), usage_error);
  EXPECT_THROW(static_cast<void>(request.scoped("nobody")), usage_error);
}

TEST_P(ContextTest, ValueGoesWithTheLastTaskThatHasIt) {
  context_var<std::shared_ptr<int>> shared;
  std::weak_ptr<int> watched;
  run([&]() -> task<> {
    auto value = std::make_shared<int>(1);
    watched = value;
    shared.set(std::move(value));
    auto child = spawn([]() -> task<> { co_await sleep(1ms); });
    shared.set(nullptr);
    EXPECT_FALSE(watched.expired());
    co_await child.join();
    EXPECT_TRUE(watched.expired());
  });
}

class TaskLocalTest : public pair_test {};

TEST_P(TaskLocalTest, EachTaskHasItsOwnAndInheritsNone) {
  task_local<std::vector<int>> seen;
  run([&](task_group& group) -> task<> {
    seen->push_back(0);
    auto fill = [&](int value) -> task<> {
      EXPECT_TRUE(seen->empty());
      seen->push_back(value);
      co_await checkpoint();
      EXPECT_EQ(*seen, std::vector<int>{value});
    };
    a().spawn(group, fill, 1);
    b().spawn(group, fill, 2);
    co_await settle();
    EXPECT_EQ(*seen, std::vector<int>{0});
  });
}

TEST_P(TaskLocalTest, GoesWithItsTaskBeforeTheJoinerGoesOn) {
  std::string order;
  struct noted {
    std::string* order;
    char name;
    ~noted() {
      if (order != nullptr) *order += name;
    }
  };
  task_local<std::unique_ptr<noted>> one([&] { return std::make_unique<noted>(&order, '1'); });
  task_local<std::unique_ptr<noted>> two([&] { return std::make_unique<noted>(&order, '2'); });
  run([&](task_group& group) -> task<> {
    auto user = a().spawn(group, [&]() -> task<> {
      one.get();
      two.get();
      co_await checkpoint();
      order += 'b';
    });
    auto joiner = b().spawn(group, [&]() -> task<> {
      co_await user.join();
      order += 'j';
    });
    co_await joiner.join();
  });
  EXPECT_EQ(order, "b21j");
}

class OneTaskLocalTest : public cell_test {};

TEST_P(OneTaskLocalTest, IsTheSameInAPortal) {
  task_local<int> count;
  run([&]() -> task<> {
    *count = 1;
    auto blocking = [&] { ++*count; };
    co_await on_fiber(blocking);
    EXPECT_EQ(*count, 2);
    count.reset();
    EXPECT_EQ(*count, 0);
  });
  EXPECT_THROW(count.get(), usage_error);
}

INSTANTIATE_TEST_SUITE_P(Hosts, ContextVarTest, cell_pairs(), pair_name);
INSTANTIATE_TEST_SUITE_P(Hosts, ContextTest, cells(), cell_name);
INSTANTIATE_TEST_SUITE_P(Hosts, TaskLocalTest, cell_pairs(), pair_name);
INSTANTIATE_TEST_SUITE_P(Hosts, OneTaskLocalTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
