#include "tests/coro_backend/asyncio_test.hpp"

#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

// What asyncio of Python 3.11 does, line by line.
class AsyncioContextTest : public AsyncioTest {
 protected:
  asyncio::context_var<int> number_{0};
};

TEST_F(AsyncioContextTest, TasksRunInTheSameAndItsValuesStay) {
  run_asyncio([this]() -> task<> {
    const asyncio::context shared = asyncio::copy_context();
    auto sets = [this](int n) -> task<int> {
      const int before = number_.get();
      number_.set(n);
      co_await asyncio::sleep(0s);
      co_return before;
    };
    const int first = co_await asyncio::create_task({.context = &shared}, sets, 5);
    const int second = co_await asyncio::create_task({.context = &shared}, sets, 6);
    EXPECT_EQ(first, 0);
    EXPECT_EQ(second, 5);
    EXPECT_EQ(number_.get(), 0);
    EXPECT_EQ(shared.run([this] { return number_.get(); }), 6);
  });
}

TEST_F(AsyncioContextTest, TasksSeeWhatTheOtherSetsMeanwhile) {
  run_asyncio([this]() -> task<> {
    const asyncio::context shared;
    auto reads = asyncio::create_task({.context = &shared}, [this]() -> task<int> {
      number_.set(1);
      co_await asyncio::sleep(0s);
      co_return number_.get();
    });
    auto sets = asyncio::create_task({.context = &shared}, [this] { number_.set(2); });
    EXPECT_EQ(co_await reads, 2);
    co_await sets;
  });
}

TEST_F(AsyncioContextTest, ChildrenAndThreadsOfItsTasksHaveACopy) {
  run_asyncio([this]() -> task<> {
    const asyncio::context shared;
    auto parent = asyncio::create_task({.context = &shared}, [this]() -> task<int> {
      number_.set(6);
      co_await asyncio::create_task([this] { number_.set(9); });
      auto read = [this] { return number_.get(); };
      EXPECT_EQ(co_await asyncio::to_thread(read), 6);
      co_return number_.get();
    });
    EXPECT_EQ(co_await parent, 6);
    EXPECT_EQ(shared.run([this] { return number_.get(); }), 6);
  });
}

TEST_F(AsyncioContextTest, FunctionRunsInItAndIsOutOfItWhenItThrows) {
  run_asyncio([this]() -> task<> {
    number_.set(1);
    const asyncio::context copied = asyncio::copy_context();
    const auto sets_and_fails = [this] {
      number_.set(2);
      throw std::runtime_error("no");
    };
    EXPECT_THROW(copied.run(sets_and_fails), std::runtime_error);
    EXPECT_EQ(number_.get(), 1);
    EXPECT_EQ(copied.run([this] { return number_.get(); }), 2);
    EXPECT_EQ(asyncio::context().run([this] { return number_.get(); }), 0);
    co_return;
  });
}

TEST_F(AsyncioContextTest, OfNoTaskIsRefused) {
  EXPECT_THROW(asyncio::copy_context(), usage_error);
  EXPECT_THROW(asyncio::context().run([] {}), usage_error);
}

}  // namespace
}  // namespace crossfade
