#include "tests/fiber_backend/boost_fiber_test.hpp"

#include <boost/fiber/all.hpp>
#include <cctype>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fiber_backend/detail/stack_switch.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace fibers = boost::fibers;
namespace this_fiber = boost::this_fiber;

// Code that knows only Boost.Fiber runs unchanged under our loop, and does what it does under
// Boost.Fiber's own scheduling.
using BoostFiberTest = boost_fiber_test;

TEST_P(BoostFiberTest, MutexExcludes) {
  run([] {
    fibers::mutex mutex;
    int inside = 0;
    int visits = 0;
    auto visit = [&] {
      for (int i = 0; i < 3; ++i) {
        const std::lock_guard guard(mutex);
        EXPECT_EQ(++inside, 1);
        this_fiber::yield();
        --inside;
        ++visits;
      }
    };
    fibers::fiber other(visit);
    visit();
    other.join();
    EXPECT_EQ(visits, 6);
  });
}

TEST_P(BoostFiberTest, RecursiveMutexKnowsItsOwner) {
  run([] {
    fibers::recursive_mutex mutex;
    std::string order;
    mutex.lock();
    mutex.lock();
    fibers::fiber other([&] {
      EXPECT_FALSE(mutex.try_lock());
      const std::lock_guard guard(mutex);
      order += "other";
    });
    this_fiber::yield();
    mutex.unlock();
    this_fiber::yield();
    order += "own ";
    mutex.unlock();
    other.join();
    EXPECT_EQ(order, "own other");
  });
}

template <class Mutex>
void gives_up_and_takes_later() {
  Mutex mutex;
  mutex.lock();
  fibers::fiber impatient([&] { EXPECT_FALSE(mutex.try_lock_for(100us)); });
  impatient.join();
  fibers::fiber patient([&] {
    EXPECT_TRUE(mutex.try_lock_for(1h));
    mutex.unlock();
  });
  this_fiber::yield();
  mutex.unlock();
  patient.join();
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST_P(BoostFiberTest, TimedMutexGivesUpInTime) {
  run([] { gives_up_and_takes_later<fibers::timed_mutex>(); });
}

TEST_P(BoostFiberTest, RecursiveTimedMutexGivesUpInTime) {
  run([] { gives_up_and_takes_later<fibers::recursive_timed_mutex>(); });
}

TEST_P(BoostFiberTest, ConditionVariableWakes) {
  run([] {
    fibers::mutex mutex;
    fibers::condition_variable changed;
    int turn = 0;
    std::string order;
    auto player = [&](int mine, char name) {
      for (int i = 0; i < 3; ++i) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return turn % 2 == mine; });
        order += name;
        ++turn;
        changed.notify_all();
      }
    };
    fibers::fiber other([&] { player(0, 'a'); });
    player(1, 'b');
    other.join();
    EXPECT_EQ(order, "ababab");
  });
}

TEST_P(BoostFiberTest, ConditionVariableGivesUpInTime) {
  run([] {
    fibers::mutex mutex;
    fibers::condition_variable never;
    std::unique_lock lock(mutex);
    EXPECT_FALSE(never.wait_for(lock, 100us, [] { return false; }));
    EXPECT_TRUE(lock.owns_lock());
  });
}

TEST_P(BoostFiberTest, BufferedChannelHoldsBackWhoPushes) {
  run([] {
    fibers::buffered_channel<int> channel(4);  // which holds three
    std::vector<int> taken;
    int pushed = 0;
    fibers::fiber producer([&] {
      for (int i = 1; i <= 8; ++i) {
        channel.push(i);
        pushed = i;
      }
      channel.close();
    });
    this_fiber::yield();
    EXPECT_EQ(pushed, 3);
    for (int n : channel) taken.push_back(n);
    producer.join();
    EXPECT_THAT(taken, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    int none = 0;
    EXPECT_EQ(channel.pop(none), fibers::channel_op_status::closed);
  });
}

TEST_P(BoostFiberTest, UnbufferedChannelIsARendezvous) {
  run([] {
    fibers::unbuffered_channel<std::string> channel;
    std::string order;
    fibers::fiber producer([&] {
      for (const char* item : {"a", "b"}) {
        EXPECT_EQ(channel.push(item), fibers::channel_op_status::success);
        order += "pushed ";
      }
      channel.close();
    });
    this_fiber::yield();
    EXPECT_EQ(order, "");
    std::string item;
    while (channel.pop(item) == fibers::channel_op_status::success) order += item + ' ';
    producer.join();
    EXPECT_EQ(order, "a pushed b pushed ");
  });
}

TEST_P(BoostFiberTest, FutureGivesValueErrorAndBrokenPromise) {
  run([] {
    fibers::promise<std::string> kept;
    fibers::promise<void> failed;
    auto value = kept.get_future();
    auto error = failed.get_future();
    auto broken = fibers::promise<int>().get_future();
    fibers::fiber keeper([&] {
      kept.set_value("kept");
      failed.set_exception(std::make_exception_ptr(7));  // no std::exception
    });
    EXPECT_EQ(value.get(), "kept");
    EXPECT_THROW(error.get(), int);
    EXPECT_THROW(broken.get(), fibers::broken_promise);
    keeper.join();
  });
}

TEST_P(BoostFiberTest, SharedFutureWakesAllWhoWait) {
  run([] {
    fibers::promise<int> promise;
    const fibers::shared_future<int> future = promise.get_future().share();
    int sum = 0;
    std::vector<fibers::fiber> waiting;
    for (int i = 0; i < 3; ++i) waiting.emplace_back([&] { sum += future.get(); });
    this_fiber::yield();
    EXPECT_EQ(sum, 0);
    promise.set_value(5);
    for (fibers::fiber& f : waiting) f.join();
    EXPECT_EQ(sum, 15);
  });
}

TEST_P(BoostFiberTest, FutureGivesUpInTime) {
  run([] {
    fibers::promise<int> promise;
    auto future = promise.get_future();
    EXPECT_EQ(future.wait_for(100us), fibers::future_status::timeout);
    promise.set_value(1);
    EXPECT_EQ(future.wait_for(1h), fibers::future_status::ready);
  });
}

TEST_P(BoostFiberTest, AsyncGivesValueAndError) {
  run([] {
    for (fibers::launch policy : {fibers::launch::post, fibers::launch::dispatch}) {
      auto value = fibers::async(policy, [] {
        this_fiber::yield();
        return 42;
      });
      auto error = fibers::async(policy, [] { throw std::runtime_error("oh"); });
      EXPECT_EQ(value.get(), 42);
      EXPECT_THROW(error.get(), std::runtime_error);
    }
  });
}

TEST_P(BoostFiberTest, PackagedTaskRunsOnItsFiber) {
  run([] {
    fibers::packaged_task<int(int)> square([](int n) {
      this_fiber::yield();
      return n * n;
    });
    auto result = square.get_future();
    fibers::fiber(std::move(square), 6).detach();
    EXPECT_EQ(result.get(), 36);
  });
}

TEST_P(BoostFiberTest, BarrierLetsAllGoAtOnce) {
  run([] {
    fibers::barrier barrier(3);
    std::string order;
    int last = 0;
    auto runner = [&](char name) {
      order += name;
      last += barrier.wait() ? 1 : 0;
      order += static_cast<char>(std::toupper(name));
    };
    fibers::fiber b(runner, 'b');
    fibers::fiber c(runner, 'c');
    runner('a');
    b.join();
    c.join();
    EXPECT_EQ(order.substr(0, 3), "abc");
    EXPECT_EQ(order.size(), 6U);
    EXPECT_EQ(last, 1);
  });
}

TEST_P(BoostFiberTest, YieldGoesRoundInTurn) {
  run([] {
    std::string order;
    auto walker = [&](char name) {
      for (int i = 0; i < 3; ++i) {
        order += name;
        this_fiber::yield();
      }
    };
    fibers::fiber a(walker, 'a');
    fibers::fiber b(walker, 'b');
    a.join();
    b.join();
    EXPECT_EQ(order, "ababab");
  });
}

TEST_P(BoostFiberTest, LaunchedByDispatchRunsAtOnceAndItsMakerAfterTheReady) {
  run([] {
    std::string order;
    fibers::fiber ready([&] { order += "ready "; });
    fibers::fiber at_once(fibers::launch::dispatch, [&] {
      order += "at once ";
      this_fiber::yield();
      order += "again ";
    });
    order += "maker ";
    at_once.join();
    ready.join();
    EXPECT_EQ(order, "at once ready maker again ");
  });
}

TEST_P(BoostFiberTest, SleepersWakeInTheOrderOfTheirDeadlines) {
  run([] {
    std::string order;
    const auto now = std::chrono::steady_clock::now();
    fibers::fiber late([&] {
      this_fiber::sleep_until(now + 2ms);
      order += "late ";
    });
    fibers::fiber early([&] {
      this_fiber::sleep_until(now + 1ms);
      order += "early ";
    });
    this_fiber::sleep_for(1ms);
    late.join();
    early.join();
    EXPECT_EQ(order, "early late ");
  });
}

TEST_P(BoostFiberTest, DetachedFiberRunsOn) {
  run([] {
    fibers::promise<fibers::fiber::id> promise;
    auto id = promise.get_future();
    fibers::fiber([&] {
      this_fiber::yield();
      promise.set_value(this_fiber::get_id());
    }).detach();
    EXPECT_NE(id.get(), this_fiber::get_id());
  });
}

TEST_P(BoostFiberTest, AnotherThreadKeepsThePromise) {
  run([] {
    fibers::promise<int> promise;
    auto future = promise.get_future();
    std::thread keeper([&] { promise.set_value(7); });
    EXPECT_EQ(future.get(), 7);
    keeper.join();
  });
}

TEST_P(BoostFiberTest, FibersOfAnotherThreadAreTalkedToByChannels) {
  run([] {
    fibers::buffered_channel<int> requests(2);
    fibers::unbuffered_channel<int> answers;
    std::thread server([&] {
      fibers::fiber([&] {
        for (int n : requests) answers.push(n * n);
        answers.close();
      }).join();
    });
    std::vector<int> squares;
    fibers::fiber reader([&] {
      for (int n : answers) squares.push_back(n);
    });
    for (int i = 1; i <= 20; ++i) requests.push(i);
    requests.close();
    reader.join();
    server.join();
    EXPECT_EQ(squares.size(), 20U);
    EXPECT_EQ(squares.back(), 400);
  });
}

TEST_P(BoostFiberTest, FiberOnAStackOfItsOwnAllocator) {
  run([] {
    for (int i = 0; i < 3; ++i) {
      fibers::fiber(std::allocator_arg, fibers::protected_fixedsize_stack(32 * 1024), [] {
        this_fiber::yield();
      }).join();
    }
  });
}

std::vector<host> all_hosts() {
  std::vector<host> all(std::begin(our_hosts), std::end(our_hosts));
#if !defined(CROSSFADE_ASAN) && !defined(CROSSFADE_TSAN)
  // The sanitizers know nothing of its stacks, and report what is no error.
  all.push_back({host::kind::plain});
#endif
  return all;
}
INSTANTIATE_TEST_SUITE_P(Hosts, BoostFiberTest, testing::ValuesIn(all_hosts()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace crossfade
