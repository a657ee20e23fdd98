#include "tests/coro_backend/asyncio_test.hpp"

#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

TEST_F(AsyncioTest, GatherGivesATupleAVectorOrOutcomes) {
  run_asyncio([]() -> task<> {
    auto text = []() -> task<std::string> { co_return "a"; };
    auto number = []() -> task<int> { co_return 1; };
    const auto both = co_await asyncio::gather(text, number);
    EXPECT_EQ(both, std::tuple(std::string("a"), 1));

    std::vector<asyncio::task<int>> tasks;
    for (int i = 0; i < 3; ++i)
      tasks.push_back(asyncio::create_task([](int n) -> task<int> { co_return n; }, i));
    const std::vector<int> all = co_await asyncio::gather(tasks);
    EXPECT_THAT(all, testing::ElementsAre(0, 1, 2));

    auto fails = []() -> task<int> {
      co_await asyncio::sleep(0s);
      throw std::runtime_error("no");
    };
    const auto outcomes = co_await asyncio::gather(asyncio::return_exceptions, number, fails);
    EXPECT_EQ(std::get<0>(outcomes).value(), 1);
    EXPECT_EQ(describe(std::get<1>(outcomes).error()), "no");
  });
}

TEST_F(AsyncioTest, AsCompletedGivesValuesInTheOrderTheyCome) {
  run_asyncio([]() -> task<> {
    std::vector<asyncio::task<int>> tasks;
    for (const int n : {3, 1, 2}) {
      tasks.push_back(asyncio::create_task(
          [](int seconds) -> task<int> {
            co_await asyncio::sleep(std::chrono::seconds(seconds));
            co_return seconds;
          },
          n));
    }
    std::vector<int> seen;
    for (asyncio::as_completed<int> all(tasks); all.more();) seen.push_back(co_await all.next());
    EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3));
  });
}

TEST_F(AsyncioTest, FuturesThatNobodyEverSetsLeakNothing) {
  run_asyncio([this]() -> task<> {
    auto never = backends_.coro.events().create_future<int>();
    asyncio::shield(never);
    asyncio::gather(never, never);
    co_return;
  });
}

}  // namespace
}  // namespace crossfade
