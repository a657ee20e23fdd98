// Tests that fail, one for each promise of the kit. kit_test.cpp runs them and looks at how.

#include <fcntl.h>

#include <optional>
#include <semaphore>
#include <string>
#include <thread>

#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "test_kit/hang_watch.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

class Leaves : public cell_test {
 protected:
  event never_;
  lock lock_;
};

TEST_P(Leaves, ATask) {
  run([&]() -> task<> {
    spawn({.name = "forgotten"}, [&]() -> task<> { co_await never_.wait(); }).detach();
    co_return;
  });
}

TEST_P(Leaves, ALockHeld) {
  run([&]() -> task<> {
    spawn({.name = "holder"}, [&]() -> task<> {
      const auto guard = co_await lock_.acquire();
      co_await never_.wait();
    }).detach();
    spawn({.name = "waiter"}, [&]() -> task<> {
      const auto guard = co_await lock_.acquire();
    }).detach();
    co_return;
  });
}

TEST_P(Leaves, AFileOpen) {
  run([] { EXPECT_GE(::open("/dev/null", O_RDONLY), 0); });
}

TEST_P(Leaves, AFailure) {
  run([]() -> task<> {
    spawn([]() -> task<> { throw std::runtime_error("nobody asked"); }).detach();
    co_return;
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, Leaves, cells(), cell_name);

// Joined when the program ends.
struct late_thread {
  ~late_thread() {
    go.release();
    thread.join();
  }
  std::binary_semaphore go{0};
  std::thread thread{[this] { go.acquire(); }};
};

using LeavesOnce = loop_test;
TEST_F(LeavesOnce, AThreadRunning) { static const late_thread late; }

// The value is lost if the reader is the first to run.
scene lost_update = [](const auto& play) {
  int written = 0;
  int read = 0;
  auto writer = [&]() -> task<> {
    co_await checkpoint();
    written = 1;
  };
  auto reader = [&]() -> task<> {
    for (int i = 0; i < 5; ++i) co_await checkpoint();
    read = written;
  };
  play({.before = {writer}, .victim = {}, .after = {reader}});
  EXPECT_EQ(read, 1) << "the reader was faster";
};

class Depends : public testing::TestWithParam<cell_pair> {};

TEST_P(Depends, OnTheOrder) { random_orders(GetParam(), lost_update); }

// The permit goes with its holder if that is cancelled.
scene lost_permit = [](const auto& play) {
  int permits = 1;
  event freed;
  auto user = [&]() -> task<> {
    while (permits == 0) {
      freed.clear();
      co_await freed.wait();
    }
    --permits;
    co_await checkpoint();
    co_await sleep(1ms);
    ++permits;
    freed.set();
  };
  play({.before = {}, .victim = user, .after = {}});
  EXPECT_EQ(permits, 1) << "a permit is lost";
};

TEST_P(Depends, OnWhereItIsCancelled) { cancel_at_every_wait(GetParam(), lost_permit); }
TEST_P(Depends, OnWhereTheLoopEnds) { stop_at_every_turn(GetParam(), lost_permit); }
TEST_P(Depends, OnTheOrderAndTheCancellation) { random_cancellations(GetParam(), lost_permit); }
TEST_P(Depends, OnAnyOfThese) { sweep(GetParam(), lost_permit); }

INSTANTIATE_TEST_SUITE_P(Hosts, Depends, cell_pairs(), pair_name);

// A test that hangs: in real time a wait for a thread is no deadlock.
class Hangs : public loop_test {
 protected:
  Hangs() : loop_test({.virtual_time = false}), hold_(loop_) {}
  event never_;

 private:
  const thread_hold hold_;
};

TEST_F(Hangs, InAWait) {
  hang_watch watch({.run = 100ms, .grace = 1h});
  const hang_watch::run watched(watch, loop_);
  loop_.run(backends_.coro, [&]() -> task<> {
    auto stuck = spawn({.name = "stuck"}, [&]() -> task<> { co_await never_.wait(); });
    co_await stuck.join();
  });
}

TEST_F(Hangs, InATurn) {
  run([](task_group&) {
    for (volatile bool go_on = true; go_on;) {
    }
  });
}

TEST_F(Hangs, SinceItSwallowsItsCancellation) {
  run([&](task_group&) -> task<> {
    for (;;) {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
      }
    }
  });
}

TEST(InEveryCell, NamesTheCellThatFails) {
  int cells = 0;
  in_every_cell([&] {
    if (++cells == 4) throw std::runtime_error("the last");
  });
}

}  // namespace
}  // namespace crossfade
