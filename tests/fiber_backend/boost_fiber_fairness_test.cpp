#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/future.hpp>
#include <boost/fiber/operations.hpp>
#include <thread>

#include "compat/event.hpp"
#include "compat/use_op.hpp"
#include "tests/fiber_backend/boost_fiber_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace fibers = boost::fibers;
namespace this_fiber = boost::this_fiber;

// Whoever is always ready, ours or theirs, keeps nobody else waiting for more than so many turns.
class BoostFiberFairnessTest : public boost_fiber_test {
 protected:
  // Timers and I/O are looked at after 64 and 256 turns.
  static constexpr int bounded = 1000;

  // Runs `body(turns)` beside fibers of theirs that yield until it has ended; `turns` counts how
  // often one of them did.
  void run_beside_theirs(const std::function<void(const int& turns)>& body) {
    run([&] {
      bool ended = false;
      int turns = 0;
      auto always_ready = [&] {
        while (!ended) {
          this_fiber::yield();
          ++turns;
        }
      };
      fibers::fiber first(always_ready);
      fibers::fiber second(always_ready);
      body(turns);
      ended = true;
      first.join();
      second.join();
    });
  }
  // The same beside tasks of ours, of both backends.
  void run_beside_ours(const std::function<void(const int& turns)>& body) {
    run([&] {
      int turns = 0;
      auto always_ready = [&]() -> task<> {
        for (;;) {
          co_await checkpoint();
          ++turns;
        }
      };
      auto scene = [&](task_group& group) {
        group.on(backends_.fiber).spawn(always_ready);
        group.on(backends_.coro).spawn(always_ready);
        body(turns);
        group.cancel();
      };
      await(with_task_group(scene));
    });
  }
};

TEST_P(BoostFiberFairnessTest, TheirYieldsDoNotStarveOurTasks) {
  run_beside_theirs([](const int& turns) {
    auto ours = spawn([&]() -> task<> {
      for (int i = 0; i < 100; ++i) co_await checkpoint();
    });
    await(ours.join());
    EXPECT_GE(turns, 2 * 100);  // nor are they starved
    EXPECT_LE(turns, 2 * 103);
  });
}

TEST_P(BoostFiberFairnessTest, TheirYieldsDoNotStarveTimers) {
  run_beside_theirs([](const int& turns) {
    await(sleep(1ns));
    EXPECT_LT(turns, bounded);
  });
}

TEST_P(BoostFiberFairnessTest, TheirYieldsDoNotStarveTheirSleepers) {
  run_beside_theirs([](const int& turns) {
    fibers::fiber([] { this_fiber::sleep_for(1ns); }).join();
    EXPECT_LT(turns, bounded);
  });
}

TEST_P(BoostFiberFairnessTest, TheirYieldsDoNotStarveIo) {
  using tcp = boost::asio::ip::tcp;
  tcp::acceptor acceptor(loop_.io(), {boost::asio::ip::address_v4::loopback(), 0});
  tcp::socket near(loop_.io());
  tcp::socket far(loop_.io());
  near.connect(acceptor.local_endpoint());
  acceptor.accept(far);
  run_beside_theirs([&](const int& turns) {
    for (int i = 0; i < 3; ++i) {
      const int before = turns;
      char byte = 0;
      boost::asio::write(far, boost::asio::buffer("x", 1));
      await(boost::asio::async_read(near, boost::asio::buffer(&byte, 1), use_op));
      EXPECT_LT(turns - before, bounded);
    }
  });
}

TEST_P(BoostFiberFairnessTest, TheirYieldsDoNotStarveWhatAnotherThreadPosts) {
  run_beside_theirs([&](const int& turns) {
    event posted;
    std::thread([&] { loop_.post([&] { posted.set(); }); }).join();
    const int before = turns;
    await(posted.wait());
    EXPECT_LT(turns - before, bounded);
  });
}

TEST_P(BoostFiberFairnessTest, OurTasksDoNotStarveTheirSleepers) {
  run_beside_ours([](const int& turns) {
    fibers::fiber([] { this_fiber::sleep_for(1ns); }).join();
    EXPECT_LT(turns, bounded);
    this_fiber::sleep_for(1ns);
    EXPECT_LT(turns, 2 * bounded);
  });
}

TEST_P(BoostFiberFairnessTest, OurTasksDoNotStarveWhomAnotherThreadWakes) {
  run_beside_ours([](const int& turns) {
    fibers::promise<void> promise;
    fibers::fiber theirs([&] { promise.get_future().wait(); });
    this_fiber::yield();
    std::thread([&] { promise.set_value(); }).join();
    const int before = turns;
    theirs.join();
    EXPECT_LT(turns - before, bounded);
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, BoostFiberFairnessTest, testing::ValuesIn(our_hosts),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace crossfade
