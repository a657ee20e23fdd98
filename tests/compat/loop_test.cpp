#include "compat/loop.hpp"

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/on_fiber.hpp"
#include "compat/queue.hpp"
#include "compat/semaphore.hpp"
#include "compat/shield.hpp"
#include "compat/spawn.hpp"
#include "compat/to_thread.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using LoopTest = cell_test;

TEST_P(LoopTest, RunGivesTheValueOfItsFunction) {
  EXPECT_EQ(loop_.run(carrier(), [] { return 1; }), 1);
  EXPECT_EQ(loop_.run(carrier(), []() -> task<int> { co_return 2; }), 2);
  EXPECT_EQ(*loop_.run(carrier(), [] { return std::make_unique<int>(3); }), 3);
}

TEST_P(LoopTest, RunThrowsWhatItsFunctionThrows) {
  EXPECT_THROW(run([]() -> task<> {
                 co_await checkpoint();
                 throw 1;
               }),
               int);
  run([]() -> task<> { co_await checkpoint(); });  // and can run again
}

TEST_P(LoopTest, RunsAgainWhereTimeStoodStill) {
  run([]() -> task<> { co_await sleep(1ms); });
  run([]() -> task<> { co_await sleep(1ms); });
  EXPECT_EQ(loop_.now(), time_point(2ms));
}

TEST_P(LoopTest, RunInsideOfARunIsRefused) {
  run([&]() -> task<> {
    EXPECT_THAT(co_await outcome_of([&] { loop_.run(carrier(), [] {}); }),
                StartsWith("usage_error: loop::run: a loop runs on this thread already"));
  });
}

TEST_P(LoopTest, LoopsOnOtherThreadsAreTheirOwn) {
  run([&]() -> task<> {
    const int value = co_await to_thread([&] {
      loop other({.virtual_time = true});
      both_backends backends(other);
      int result = 0;
      backends.run(GetParam(), [&]() -> task<> {
        co_await sleep(1h);
        result = 5;
      });
      return result;
    });
    EXPECT_EQ(value, 5);
    EXPECT_EQ(loop_.now(), time_point());
  });
}

TEST_P(LoopTest, TasksThatAreLeftAreCancelledAtTheEndOfRun) {
  event never;
  std::string reason;
  bool cleaned = false;
  run([&]() -> task<> {
    spawn([&]() -> task<> {
      std::exception_ptr interruption;
      try {
        co_await never.wait();
      } catch (const cancelled& c) {
        reason = c.reason();
        interruption = std::current_exception();
      }
      co_await sleep(1ms);
      cleaned = true;
      std::rethrow_exception(interruption);
    }).detach();
    co_await settle();
  });
  EXPECT_EQ(reason, "the loop ends");
  EXPECT_TRUE(cleaned);
  EXPECT_THAT(loop_.tasks(), testing::IsEmpty());
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("tasks were left")));
}

TEST_P(LoopTest, EvenAShieldGivesWayWhenNothingElseCanEndARun) {
  event never;
  run([&]() -> task<> {
    spawn([&]() -> task<> {
      auto body = [&]() -> task<> { co_await never.wait(); };
      co_await shield(body);
    }).detach();
    co_await settle();
  });
  EXPECT_THAT(loop_.tasks(), testing::IsEmpty());
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("tasks were left")));
}

TEST_P(LoopTest, DestroyingTheLoopReleasesEverythingOnIt) {
  auto held = std::make_shared<int>();
  event never;
  {
    loop other({.virtual_time = true});
    both_backends backends(other);
    other.run(backends.of(GetParam()), [&]() -> task<> {
      spawn([&, held]() -> task<> { co_await never.wait(); }).detach();
      spawn([held] {}).detach();  // never gets to run
      co_return;
    });
    other.post([held] {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST_P(LoopTest, FailuresInPostedCallbacksAreReported) {
  event after;
  loop_.post([] { throw std::runtime_error("in a callback"); });
  loop_.post([&] { after.set(); });
  run([&]() -> task<> { co_await after.wait(); });
  EXPECT_THAT(take_reports(), ElementsAre("in a callback"));
}

TEST_P(LoopTest, PostsFromThreadsAllArriveOnTheLoopsThread) {
  constexpr int threads = 4;
  constexpr int posts = 1000;
  const auto home = std::this_thread::get_id();
  int arrived = 0;
  event all;
  run([&]() -> task<> {
    const thread_hold hold(loop_);
    std::vector<std::thread> posters;
    for (int t = 0; t < threads; ++t) {
      posters.emplace_back([&] {
        for (int i = 0; i < posts; ++i) {
          loop_.post([&] {
            EXPECT_EQ(std::this_thread::get_id(), home);
            if (++arrived == threads * posts) all.set();
          });
        }
      });
    }
    co_await all.wait();
    for (std::thread& poster : posters) poster.join();
  });
  EXPECT_EQ(arrived, threads * posts);
}

TEST_P(LoopTest, PostsOfOneThreadKeepTheirOrder) {
  std::string order;
  event last;
  for (char c : std::string("12345")) loop_.post([&order, c] { order += c; });
  loop_.post([&] { last.set(); });
  run([&]() -> task<> { co_await last.wait(); });
  EXPECT_EQ(order, "12345");
}

TEST_P(LoopTest, CallbacksAreNoTasks) {
  std::string refusal;
  event asked;
  loop_.post([&] {
    try {
      await(asked.wait());
    } catch (const usage_error& e) {
      refusal = e.what();
    }
    asked.set();
  });
  run([&]() -> task<> { co_await asked.wait(); });
  EXPECT_THAT(refusal, HasSubstr("outside of a task"));
}

TEST_P(LoopTest, ListsItsTasksOldestFirst) {
  run([&]() -> task<> {
    auto second = spawn({.name = "second"}, []() -> task<> { co_await sleep(1ms); });
    auto third = spawn({.name = "third"}, []() -> task<> { co_await sleep(1ms); });
    std::vector<std::string> names;
    for (const task_info& t : loop_.tasks()) names.push_back(t.name);
    EXPECT_THAT(names, ElementsAre("main", "second", "third"));
    co_await second.join();
    co_await third.join();
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, LoopTest, cells(), cell_name);

// On a real clock: ready work must not keep timers and I/O from their turn.
class FairnessTest : public loop_test, public testing::WithParamInterface<cell> {
 protected:
  FairnessTest() : loop_test({.virtual_time = false}) {}
};

TEST_P(FairnessTest, TasksThatAreAlwaysReadyStarveNeitherTimersNorPosts) {
  bool rang = false;
  bool posted = false;
  std::thread poster([&] { loop_.post([&] { posted = true; }); });
  loop_test::run([&](task_group& group) {
    for (int i = 0; i < 2; ++i) {
      backends_.spawn(group, GetParam(), [&]() -> task<> {
        while (!rang || !posted) co_await checkpoint();  // hangs if starved
      });
    }
    group.spawn([&]() -> task<> {
      co_await sleep(1ms);
      rang = true;
    });
  });
  poster.join();
}

INSTANTIATE_TEST_SUITE_P(Cells, FairnessTest, cells(), cell_name);

// Blocking text without a stack must be refused even where it would not have to wait, or the
// mistake stays hidden until the first contended day.
class BlockingTextTest : public loop_test {
 protected:
  template <class Text>
  std::string refusal_of(Text text) {
    std::string refusal;
    loop_.run(backends_.coro, [&]() -> task<> {
      auto subject = spawn({.name = "plain"}, [&] {
        try {
          text();
        } catch (const usage_error& e) {
          refusal = e.what();
        }
      });
      co_await subject.join();
    });
    return refusal;
  }
};

TEST_F(BlockingTextTest, WithoutAStackIsRefusedAlsoWhenReady) {
  event set;
  set.set();
  event unset;
  lock lock;
  semaphore permits(1);
  queue<int> items;
  auto immediate = []() -> task<> { co_return; };
  const auto names_task_and_remedy =
      AllOf(HasSubstr("'plain' (coro) waits in blocking text"),
            HasSubstr("through co_await on_fiber(...)"), HasSubstr("loop_test.cpp:"));
  EXPECT_THAT(refusal_of([&] { await(set.wait()); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { await(unset.wait()); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { await(checkpoint()); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { await(sleep(1ms)); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { auto held = await(lock.acquire()); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { auto had = await(permits.acquire()); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { await(items.put(1)); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { await(to_thread([] {})); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { await(immediate()); }), names_task_and_remedy);
  EXPECT_THAT(refusal_of([&] { await(on_fiber([] {})); }), names_task_and_remedy);
}

TEST_F(BlockingTextTest, WaitsForEveryKindOfOperationOnAFiber) {
  lock lock;
  semaphore permits(1);
  event set;
  set.set();
  queue<int> items;
  loop_.run(backends_.fiber, [&] {
    {
      auto guard = await(lock.acquire());
      auto permit = await(permits.acquire());
    }
    await(set.wait());
    await(items.put(4));
    EXPECT_EQ(await(items.get()), 4);
    await(checkpoint());
    await(sleep(1ms));
    EXPECT_EQ(await(to_thread([] { return 5; })), 5);
    EXPECT_EQ(await(on_fiber([] { return 6; })), 6);
    auto handle = spawn([] { return 7; });
    EXPECT_EQ(await(handle.join()), 7);
    auto text = []() -> task<int> { co_return 8; };
    EXPECT_EQ(await(text()), 8);
  });
}

}  // namespace
}  // namespace crossfade
