#include "compat/to_thread.hpp"

#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>

#include "compat/spawn.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using ToThreadTest = cell_test;

TEST_P(ToThreadTest, GivesValuesReferencesAndWhatOnlyMoves) {
  int object = 0;
  run([&]() -> task<> {
    EXPECT_EQ(co_await to_thread([] { return 1; }), 1);
    EXPECT_EQ(&co_await to_thread([&]() -> int& { return object; }), &object);
    auto made = co_await to_thread([] { return std::make_unique<int>(2); });
    EXPECT_EQ(*made, 2);
    co_await to_thread([] {});
  });
}

TEST_P(ToThreadTest, RunsOnAnotherThreadAndComesBack) {
  run([]() -> task<> {
    const auto here = std::this_thread::get_id();
    EXPECT_NE(co_await to_thread([] { return std::this_thread::get_id(); }), here);
    EXPECT_EQ(std::this_thread::get_id(), here);
  });
}

TEST_P(ToThreadTest, PassesEveryExceptionOn) {
  run([]() -> task<> {
    EXPECT_THROW(co_await to_thread([] { throw std::runtime_error("oh"); }), std::runtime_error);
    EXPECT_THROW(co_await to_thread([] { throw 1; }), int);
  });
}

TEST_P(ToThreadTest, OthersRunMeanwhile) {
  std::binary_semaphore go(0);
  run([&]() -> task<> {
    auto other = spawn([&]() -> task<> {
      co_await checkpoint();
      go.release();
    });
    co_await to_thread([&] { go.acquire(); });  // hangs if the loop did
    co_await other.join();
  });
}

TEST_P(ToThreadTest, ManyShareTheThreads) {
  constexpr int count = 500;
  std::atomic<int> ran = 0;
  int got = 0;
  loop_test::run([&](task_group& group) {
    for (int i = 0; i < count; ++i) {
      backends_.spawn(group, GetParam(),
                      [&]() -> task<> { got += co_await to_thread([&] { return ran++, 1; }); });
    }
  });
  EXPECT_EQ(ran, count);
  EXPECT_EQ(got, count);
}

TEST_P(ToThreadTest, CancelledWaiterStaysUntilTheFunctionHasEnded) {
  std::binary_semaphore go(0);
  bool had_result = false;
  bool went_on = false;
  loop_test::run([&](task_group& group) -> task<> {
    auto subject = backends_.spawn(group, GetParam(), [&]() -> task<> {
      EXPECT_EQ(co_await to_thread([&] { return go.acquire(), 7; }), 7);
      had_result = true;
      co_await checkpoint();
      went_on = true;
    });
    co_await settle();
    subject.cancel();
    co_await settle();
    EXPECT_FALSE(subject.done());
    go.release();
  });
  EXPECT_TRUE(had_result);
  EXPECT_FALSE(went_on);
}

TEST_P(ToThreadTest, VirtualTimeWaitsForTheThread) {
  run([&]() -> task<> {
    std::binary_semaphore go(0);
    auto sleeper = spawn([]() -> task<> { co_await sleep(1ms); });
    auto release = spawn([&]() -> task<> {
      go.release();
      co_return;
    });
    co_await to_thread([&] { go.acquire(); });
    EXPECT_EQ(loop_.now(), time_point());
    co_await sleeper.join();
    EXPECT_EQ(loop_.now(), time_point(1ms));
    co_await release.join();
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, ToThreadTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
