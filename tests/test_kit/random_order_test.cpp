#include <set>
#include <string>

#include "compat/event.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

class RandomOrderTest : public testing::TestWithParam<cell_pair> {
 protected:
  // The order in which two tasks of either cell, which give way once each, have their turns.
  std::string order_of(std::optional<std::uint64_t> seed) {
    std::string order;
    loop loop({.virtual_time = true, .random_order = seed});
    both_backends backends(loop);
    auto body = [&](task_group& group) {
      for (char name : std::string("12")) {
        for (cell where : {GetParam().first, GetParam().second}) {
          backends.spawn(group, where, [&order, name]() -> task<> {
            order += name;
            co_await checkpoint();
            order += name;
          });
          name = static_cast<char>(name + 2);
        }
      }
    };
    loop.run(backends.coro, [&]() -> task<> { co_await with_task_group(body); });
    return order;
  }
};

TEST_P(RandomOrderTest, IsFirstComeFirstRunWithoutASeed) { EXPECT_EQ(order_of({}), "13241324"); }

TEST_P(RandomOrderTest, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(order_of(seed), order_of(seed)) << seed;
}

// Four tasks of two turns each have 2520 orders.
TEST_P(RandomOrderTest, GivesEveryTaskEveryPlaceInSomeOrder) {
  std::set<std::string> orders;
  std::set<char> first;
  std::set<char> last;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const std::string order = order_of(seed);
    orders.insert(order);
    first.insert(order.front());
    last.insert(order.back());
  }
  EXPECT_GT(orders.size(), 200U);
  EXPECT_EQ(first.size(), 4U);
  EXPECT_EQ(last.size(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Hosts, RandomOrderTest, cell_pairs(), pair_name);

TEST(RandomOrderOfCallbacksTest, IsTheOneInWhichTheyWerePosted) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::string order;
    loop loop({.virtual_time = true, .random_order = seed});
    coro_backend::backend coro(loop);
    event last;
    loop.run(coro, [&]() -> task<> {
      for (char c : std::string("123")) loop.post([&order, c] { order += c; });
      loop.post([&] { last.set(); });
      auto beside = spawn([&]() -> task<> {
        for (int i = 0; i < 20; ++i) {  // longer than what was posted takes to arrive
          order += 't';
          co_await checkpoint();
        }
      });
      co_await last.wait();
      co_await beside.join();
    });
    orders.insert(order);
    std::erase(order, 't');
    EXPECT_EQ(order, "123") << seed;
  }
  EXPECT_GT(orders.size(), 5U);
}

}  // namespace
}  // namespace crossfade
