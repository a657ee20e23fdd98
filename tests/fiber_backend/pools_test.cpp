#include "tests/fiber_backend/gevent_test.hpp"

#include <stdexcept>
#include <thread>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace gevent = fiber_backend;

TEST_F(GeventTest, ThreadpoolRunsFunctionsOnThreads) {
  run([&] {
    gevent::threadpool threads(2);
    const auto loops = std::this_thread::get_id();
    const auto thread = await(threads.spawn([] { return std::this_thread::get_id(); }));
    EXPECT_NE(await(thread.get()), loops);
    EXPECT_EQ(await(threads.apply([] { return 3; })), 3);
    EXPECT_THROW(await(threads.apply([]() -> int { throw std::runtime_error("broken"); })),
                 std::runtime_error);
    EXPECT_THAT(await(threads.map([](int i) { return 2 * i; }, std::vector{1, 2, 3})),
                testing::ElementsAre(2, 4, 6));
    EXPECT_TRUE(await(threads.join()));
    EXPECT_EQ(threads.size(), 0U);
  });
  EXPECT_THAT(take_reports(), testing::ElementsAre(testing::HasSubstr("broken")));
}

TEST_F(GeventTest, MapAsyncIsAGreenletWithTheValues) {
  run([&] {
    gevent::pool pool(2);
    const auto values = pool.map_async(
        [](int i) {
          await(gevent::sleep(i * 1s));
          return i * i;
        },
        std::vector{3, 1, 2});
    EXPECT_FALSE(values.ready());
    EXPECT_THAT(await(values.get()), testing::ElementsAre(9, 1, 4));
  });
}

}  // namespace
}  // namespace crossfade
