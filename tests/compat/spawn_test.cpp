#include "compat/spawn.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "compat/event.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ElementsAre;
using testing::HasSubstr;

using SpawnTest = cell_test;

TEST_P(SpawnTest, StartsInTheOrderSpawnedAndNeverBeforeTheSpawnerWaits) {
  std::string order;
  auto child = [&](char name) -> task<> {
    order += name;
    co_await checkpoint();
    order += name;
  };
  run([&]() -> task<> {
    auto first = spawn(child, '1');
    auto second = spawn(child, '2');
    order += 's';
    co_await first.join();
    co_await second.join();
  });
  EXPECT_EQ(order, "s1212");
}

TEST_P(SpawnTest, JoinGivesTheValue) {
  run([&]() -> task<> {
    auto handle = spawn([](int a, int b) -> task<int> { co_return a + b; }, 1, 2);
    EXPECT_EQ(co_await handle.join(), 3);
    EXPECT_TRUE(handle.done());
  });
}

TEST_P(SpawnTest, JoinGivesWhatOnlyMovesAndReferences) {
  int object = 0;
  run([&]() -> task<> {
    auto pointer =
        spawn([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(1); });
    auto taken = co_await pointer.join();
    EXPECT_EQ(*taken, 1);
    auto reference = spawn([&]() -> task<int&> { co_return object; });
    EXPECT_EQ(&co_await reference.join(), &object);
  });
}

TEST_P(SpawnTest, TakesAnyNumberOfArgumentsWithOptions) {
  run([&]() -> task<> {
    auto handle = spawn(
        {.name = "sum"}, [](int a, int b, int c, int d) { return a + b + c + d; }, 1, 2, 3, 4);
    EXPECT_EQ(co_await handle.join(), 10);
  });
}

TEST_P(SpawnTest, FunctionAndArgumentsLiveInTheTaskUntilItEnds) {
  auto shared = std::make_shared<int>(5);
  run([&]() -> task<> {
    auto handle = spawn(
        [copy = shared](const std::shared_ptr<int>& mine) -> task<long> {
          co_await checkpoint();
          co_return *copy + *mine;
        },
        shared);
    EXPECT_EQ(shared.use_count(), 3);
    EXPECT_EQ(co_await handle.join(), 10);
    EXPECT_EQ(shared.use_count(), 1);  // though the handle still stands
  });
}

TEST_P(SpawnTest, ThrowingArgumentSpawnsNothing) {
  struct refuses_to_move {
    refuses_to_move() = default;
    refuses_to_move(const refuses_to_move&) { throw 1; }
  };
  run([&]() -> task<> {
    const refuses_to_move argument;
    const auto tasks_before = loop_.tasks().size();
    EXPECT_THROW(spawn([](const refuses_to_move&) {}, argument).detach(), int);
    EXPECT_EQ(loop_.tasks().size(), tasks_before);
    co_await checkpoint();
  });
}

TEST_P(SpawnTest, CancelBeforeTheStartNeverRunsTheBody) {
  bool ran = false;
  run([&]() -> task<> {
    auto handle = spawn([&] { ran = true; });
    handle.cancel("not needed");
    EXPECT_FALSE(handle.done());  // cancelling does not wait
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await handle.join(); }),
                testing::MatchesRegex("task_cancelled: task .* was cancelled: not needed"));
  });
  EXPECT_FALSE(ran);
}

TEST_P(SpawnTest, DroppingTheHandleCancels) {
  event never;
  std::string end;
  auto body = [&]() -> task<> {
    end = co_await outcome_of([&]() -> task<> { co_await never.wait(); });
    throw cancelled("passed on");
  };
  run([&]() -> task<> {
    {
      auto handle = spawn(body);
      co_await settle();
      EXPECT_EQ(end, "");
    }
    co_await settle();
    EXPECT_EQ(end, "cancelled: its handle was dropped");
    EXPECT_EQ(loop_.tasks().size(), 1U);
  });
}

TEST_P(SpawnTest, AssigningAHandleDropsTheOneItHad) {
  event never;
  int cancellations = 0;
  auto body = [&]() -> task<> {
    try {
      co_await never.wait();
    } catch (const cancelled&) {
      ++cancellations;
      throw;
    }
  };
  run([&]() -> task<> {
    auto handle = spawn(body);
    co_await settle();
    handle = spawn([]() -> task<> { co_return; });
    co_await handle.join();
    co_await settle();
    EXPECT_EQ(cancellations, 1);
  });
}

TEST_P(SpawnTest, DetachedTaskRunsOn) {
  bool ended = false;
  run([&]() -> task<> {
    auto handle = spawn([&]() -> task<> {
      co_await sleep(1ms);
      ended = true;
    });
    handle.detach();
    EXPECT_FALSE(handle);
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await handle.join(); }),
              "usage_error: join on a handle without a task: it was detached or moved from");
    co_await sleep(2ms);
    EXPECT_TRUE(ended);
  });
}

TEST_P(SpawnTest, FailureNobodyJoinsIsReportedOnceWithNameAndSpawnSite) {
  unsigned line = 0;
  run([&]() -> task<> {
    line = __LINE__ + 1;
    auto handle = spawn({.name = "broken"}, []() -> task<> { throw std::runtime_error("oh"); });
    co_await settle();
    EXPECT_TRUE(handle.done());
    EXPECT_THAT(take_reports(), testing::IsEmpty());  // it may still be joined
  });
  EXPECT_THAT(take_reports(),
              ElementsAre(testing::AllOf(HasSubstr("'broken'"),
                                         HasSubstr("spawn_test.cpp:" + std::to_string(line)),
                                         HasSubstr("failed and nobody joined it: oh"))));
}

TEST_P(SpawnTest, FailureOfADetachedTaskIsReported) {
  run([&]() -> task<> {
    spawn([]() -> task<> {
      co_await checkpoint();
      throw 1;
    }).detach();
    co_await settle();
    EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("an exception that is no std::exception")));
  });
}

TEST_P(SpawnTest, JoinedFailureIsNotReported) {
  run([&]() -> task<> {
    auto handle = spawn([] { throw std::runtime_error("oh"); });
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await handle.join(); }), "exception: oh");
  });
}

TEST_P(SpawnTest, EveryJoinerSeesTheFailure) {
  std::vector<std::string> seen;
  run([&]() -> task<> {
    auto handle = spawn([]() -> task<int> {
      co_await checkpoint();
      throw std::runtime_error("oh");
    });
    auto join = [&]() -> task<> {
      seen.push_back(co_await outcome_of([&]() -> task<> { co_await handle.join(); }));
    };
    auto first = spawn(join);
    auto second = spawn(join);
    co_await first.join();
    co_await second.join();
    co_await join();
  });
  EXPECT_THAT(seen, ElementsAre("exception: oh", "exception: oh", "exception: oh"));
}

TEST_P(SpawnTest, EveryJoinerOfATaskWithoutAValueGoesOn) {
  int joined = 0;
  run([&]() -> task<> {
    auto handle = spawn([]() -> task<> { co_await checkpoint(); });
    auto join = [&]() -> task<> {
      co_await handle.join();
      ++joined;
    };
    auto other = spawn(join);
    co_await join();
    co_await other.join();
  });
  EXPECT_EQ(joined, 2);
}

TEST_P(SpawnTest, ValueIsTakenOnce) {
  run([&]() -> task<> {
    auto handle = spawn([]() -> task<std::string> { co_return "value"; });
    EXPECT_EQ(co_await handle.join(), "value");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await handle.join(); }),
                testing::MatchesRegex("usage_error: .*value.*"));
  });
}

TEST_P(SpawnTest, JoiningItselfIsRefused) {
  run([&]() -> task<> {
    std::optional<handle<>> self;
    std::string refusal;
    self.emplace(spawn([&]() -> task<> {
      refusal = co_await outcome_of([&]() -> task<> { co_await self->join(); });
    }));
    co_await settle();
    EXPECT_THAT(refusal, testing::MatchesRegex("usage_error: task .* joins itself"));
  });
}

TEST_P(SpawnTest, CancelledJoinerLeavesAndTheJoinedTaskRunsOn) {
  event go;
  run([&]() -> task<> {
    auto joined = spawn([&]() -> task<int> {
      co_await go.wait();
      co_return 1;
    });
    auto joiner = spawn([&]() -> task<> { co_await joined.join(); });
    co_await settle();
    joiner.cancel();
    co_await settle();
    EXPECT_TRUE(joiner.done());
    EXPECT_FALSE(joined.done());
    go.set();
    EXPECT_EQ(co_await joined.join(), 1);
  });
}

TEST_P(SpawnTest, HandleMayGoWhileItIsJoined) {
  event go;
  run([&]() -> task<> {
    auto joined = spawn([&]() -> task<std::string> {
      co_await go.wait();
      co_return std::string(100, 'x');
    });
    auto joiner = spawn([&]() -> task<std::string> { co_return co_await joined.join(); });
    co_await settle();
    joined.detach();
    go.set();
    EXPECT_EQ(co_await joiner.join(), std::string(100, 'x'));
  });
}

TEST_P(SpawnTest, ThrownCancelledEndsTheTaskCancelled) {
  run([&]() -> task<> {
    auto handle = spawn([]() -> task<> { throw cancelled("by its own will"); });
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await handle.join(); }),
                testing::MatchesRegex("task_cancelled: .* was cancelled: by its own will"));
  });
}

TEST_P(SpawnTest, ChildrenAreOnTheSpawnersBackendAndKnowTheirParent) {
  run([&]() -> task<> {
    auto handle = spawn({.name = "child"}, []() -> task<> { co_await sleep(1ms); });
    co_await settle();
    const auto tasks = loop_.tasks();
    EXPECT_EQ(tasks.size(), 2U);
    EXPECT_EQ(tasks.back().name, "child");
    EXPECT_EQ(tasks.back().id, handle.id());
    EXPECT_EQ(tasks.back().parent_id, tasks.front().id);
    EXPECT_EQ(tasks.back().backend, carrier().name());
    EXPECT_EQ(tasks.back().waiting_for, "sleep");
    co_await handle.join();
  });
}

// g++ 12 destroys an aggregate made inside an awaiting expression twice; the options have nothing
// to destroy.
TEST_P(SpawnTest, OptionsMayBeWrittenInTheExpressionThatJoins) {
  run([&]() -> task<> {
    const std::string number = "of a length that is not kept inside the string itself, ";
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(
          co_await spawn(
              {.name = number + std::to_string(i)}, [](int n) -> task<int> { co_return n; }, i)
              .join(),
          i);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, SpawnTest, cells(), cell_name);

TEST(SpawnOutsideTest, IsRefusedOutsideOfATask) {
  try {
    spawn([] {}).detach();
    FAIL() << "not refused";
  } catch (const usage_error& refusal) {
    EXPECT_THAT(refusal.what(), HasSubstr("outside of a task"));
  }
}

}  // namespace
}  // namespace crossfade
