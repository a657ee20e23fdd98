#include "tests/fiber_backend/gevent_test.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace gevent = fiber_backend;

TEST_F(GeventTest, ResultOfAnotherTypeThanTheLinkedGreenletsReportsIt) {
  run([&] {
    gevent::async_result<std::string> result;
    const auto g = gevent::spawn([] { return 1; });
    g.rawlink(result.setter());
    await(gevent::sleep());
    await(gevent::sleep());
    EXPECT_FALSE(result.ready());
  });
  EXPECT_THAT(take_reports(), testing::ElementsAre(testing::HasSubstr("another type")));
}

TEST_F(GeventTest, WaiterMayDestroyWhatItWaitedForWhileOthersAreStillToBeWoken) {
  run([&] {
    auto event = std::make_unique<gevent::event>();
    auto queue = std::make_unique<gevent::queue<int>>();
    const auto first = gevent::spawn([&] {
      await(event->wait());
      event.reset();
    });
    const auto left = gevent::spawn([&] { await(event->wait()); });
    const auto getter = gevent::spawn([&] {
      await(queue->get());
      queue.reset();
    });
    await(gevent::sleep());
    event->set();
    queue->put_nowait(1);
    queue->put_nowait(2);
    await(getter.join());
    EXPECT_TRUE(first.ready());
    EXPECT_FALSE(left.ready());
    await(left.kill());
  });
}

TEST_F(GeventTest, SimpleQueueNeverMakesItsPutterWait) {
  run([] {
    gevent::simple_queue<int> queue;
    const auto getter = gevent::spawn([&] { return await(queue.get()); });
    await(gevent::sleep());
    for (int i = 0; i < 100; ++i) queue.put(i);
    EXPECT_EQ(await(getter.get()), 0);
    EXPECT_EQ(queue.qsize(), 99U);
    EXPECT_EQ(queue.get_nowait(), 1);
    while (!queue.empty()) queue.get_nowait();
    EXPECT_THROW(await(queue.get(1s)), gevent::queue_empty);
  });
}

TEST_F(GeventTest, QueueOfOptionalsEndsWithAnEmptyOne) {
  run([] {
    gevent::queue<std::optional<int>> queue;
    const auto producer = gevent::spawn([&] {
      for (const int i : {1, 2, 3}) await(queue.put(i));
      await(queue.put(std::nullopt));
    });
    std::vector<int> seen;
    while (const std::optional<int> item = await(queue.get())) seen.push_back(*item);
    EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3));
    await(producer.join());
  });
}

}  // namespace
}  // namespace crossfade
