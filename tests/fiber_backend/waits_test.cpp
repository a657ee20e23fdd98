#include "tests/fiber_backend/gevent_test.hpp"

#include <memory>
#include <string>

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

}  // namespace
}  // namespace crossfade
