#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "compat/condition.hpp"
#include "compat/errors.hpp"
#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/loop.hpp"
#include "compat/queue.hpp"
#include "compat/semaphore.hpp"
#include "compat/spawn.hpp"
#include "compat/to_thread.hpp"
#include "compat/use_op.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::StartsWith;

// What `run()` ends with, which is to be a deadlock.
template <class Run>
std::optional<deadlock> deadlock_of(Run&& run) {
  try {
    run();
  } catch (const deadlock& d) {
    return d;
  }
  ADD_FAILURE() << "it ended";
  return std::nullopt;
}

// The beginning of a task's label, for a regular expression.
std::string named(std::uint64_t id) { return "task " + std::to_string(id) + " .*"; }

// --- tasks that wait for each other ---

using DeadlockTest = pair_test;

TEST_P(DeadlockTest, OfLocksTakenCrosswiseShowsTheCycle) {
  lock first;
  lock second;
  auto cross = [](lock& mine, lock& other) -> task<> {
    auto guard = co_await mine.acquire();
    co_await checkpoint();
    auto never = co_await other.acquire();
  };
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  const auto stuck = deadlock_of([&] {
    run([&](task_group& group) {
      left = a().spawn(group, [&] { return cross(first, second); }).id();
      right = b().spawn(group, [&] { return cross(second, first); }).id();
    });
  });
  ASSERT_TRUE(stuck);
  EXPECT_THAT(stuck->graph().cycles(), ElementsAre(ElementsAre(left, right)));
  const std::string l = "task " + std::to_string(left) + " \\([a-z]+\\)";
  const std::string r = "task " + std::to_string(right) + " \\([a-z]+\\)";
  EXPECT_THAT(stuck->what(), StartsWith("nothing is left that could wake a task\n"));
  EXPECT_THAT(stuck->what(), ContainsRegex("a cycle: " + l + " -> a lock held by " + r +
                                           " -> a lock held by " + l + "\n"));
  EXPECT_THAT(stuck->what(), ContainsRegex(l + " waits( in a portal)? for a lock held by " + r +
                                           ", spawned at .*:[0-9]+ by task 1"));
  EXPECT_FALSE(first.is_held());  // all have unwound
}

TEST_P(DeadlockTest, OfTasksThatJoinEachOtherShowsTheCycle) {
  std::vector<child<>> tasks;
  const auto stuck = deadlock_of([&] {
    run([&](task_group& group) {
      tasks.push_back(a().spawn(group, [&]() -> task<> { co_await tasks[1].join(); }));
      tasks.push_back(b().spawn(group, [&]() -> task<> { co_await tasks[0].join(); }));
    });
  });
  ASSERT_TRUE(stuck);
  EXPECT_THAT(stuck->graph().cycles(), ElementsAre(ElementsAre(tasks[0].id(), tasks[1].id())));
  const std::string first = named(tasks[0].id());
  EXPECT_THAT(stuck->what(), ContainsRegex("a cycle: " + first + " -> join: " +
                                           named(tasks[1].id()) + " -> join: " + first));
}

TEST_P(DeadlockTest, OfWhoJoinsTheTaskThatWaitsForItsLockShowsTheCycle) {
  lock lock;
  std::optional<child<>> waiter;
  std::uint64_t owner = 0;
  const auto stuck = deadlock_of([&] {
    run([&](task_group& group) {
      auto holds = [&]() -> task<> {
        auto guard = co_await lock.acquire();
        co_await waiter->join();
      };
      owner = a().spawn(group, holds).id();
      waiter = b().spawn(group, [&]() -> task<> { auto never = co_await lock.acquire(); });
    });
  });
  ASSERT_TRUE(stuck);
  EXPECT_THAT(stuck->what(),
              ContainsRegex("a cycle: " + named(owner) + " -> join: " + named(waiter->id()) +
                            " -> a lock held by " + named(owner)));
}

TEST_P(DeadlockTest, OfAGroupWhoseChildWaitsForTheOwnersLockShowsTheCycle) {
  lock lock;
  event never;
  std::uint64_t owner = 0;
  std::uint64_t idle = 0;
  std::uint64_t eager = 0;
  const auto stuck = deadlock_of([&] {
    run([&](task_group& outer) {
      auto holds = [&]() -> task<> {
        auto guard = co_await lock.acquire();
        auto children = [&](task_group& group) {
          idle = b().spawn(group, [&]() -> task<> { co_await never.wait(); }).id();
          auto wants = [&]() -> task<> { auto inner = co_await lock.acquire(); };
          eager = b().spawn(group, wants).id();
        };
        co_await with_task_group(children);
      };
      owner = a().spawn(outer, holds).id();
    });
  });
  ASSERT_TRUE(stuck);
  EXPECT_THAT(stuck->what(), ContainsRegex(named(owner) + "for the tasks of a group: " +
                                           named(idle) + ", " + named(eager)));
  EXPECT_THAT(stuck->what(), ContainsRegex("a cycle: " + named(owner) +
                                           " -> the tasks of a group: " + named(eager) +
                                           " -> a lock held by " + named(owner)));
}

TEST_P(DeadlockTest, OfARingOfManyShowsTheWholeRing) {
  constexpr std::size_t many = 6;
  std::vector<lock> locks(many);
  std::vector<std::uint64_t> ring;
  const auto stuck = deadlock_of([&] {
    run([&](task_group& group) {
      for (std::size_t i = 0; i < many; ++i) {
        auto text = [&, i]() -> task<> {
          auto mine = co_await locks[i].acquire();
          co_await checkpoint();
          auto next = co_await locks[(i + 1) % many].acquire();
        };
        ring.push_back((i % 2 == 0 ? a() : b()).spawn(group, text).id());
      }
    });
  });
  ASSERT_TRUE(stuck);
  EXPECT_THAT(stuck->graph().cycles(), ElementsAre(ElementsAreArray(ring)));
}

INSTANTIATE_TEST_SUITE_P(Hosts, DeadlockTest, cell_pairs(), pair_name);

// --- a task alone ---

using NothingToWaitForTest = cell_test;

TEST_P(NothingToWaitForTest, IsADeadlockWhateverTheTaskWaitsFor) {
  lock held;
  event unset;
  queue<int> empty;
  queue<int> full(1);
  ASSERT_TRUE(full.try_put(1));
  semaphore permits(1);
  condition condition(held);
  const auto stuck_in = [&](const std::function<task<>()>& text) {
    const auto stuck = deadlock_of([&] { run(text); });
    return stuck ? stuck->graph().tasks().front().waiting_for : "nothing";
  };

  EXPECT_EQ(stuck_in([&]() -> task<> { co_await unset.wait(); }), "an event");
  EXPECT_EQ(stuck_in([&]() -> task<> { co_await empty.get(); }), "an item of a queue");
  EXPECT_EQ(stuck_in([&]() -> task<> { co_await full.put(2); }), "room in a queue");
  EXPECT_EQ(stuck_in([&]() -> task<> {
              auto permit = co_await permits.acquire();
              auto second = co_await permits.acquire();
            }),
            "a semaphore");
  EXPECT_EQ(stuck_in([&]() -> task<> {
              auto guard = co_await held.acquire();
              co_await condition.wait();
            }),
            "a condition");
  EXPECT_EQ(stuck_in([&]() -> task<> {
              auto waits = [&]() -> task<> { co_await unset.wait(); };
              auto body = [&](task_group& group) { group.spawn(waits); };
              co_await with_task_group(body);
            }),
            "the tasks of a group");
  EXPECT_EQ(stuck_in([]() -> task<> { co_await sleep_until(time_point::max()); }), "sleep");
  run([]() -> task<> { co_await checkpoint(); });  // the loop is as good as new
}

TEST_P(NothingToWaitForTest, IsNoDeadlockWhileATimerRuns) {
  event set;
  run([&]() -> task<> {
    auto other = spawn([&]() -> task<> {
      co_await sleep(24h);
      set.set();
    });
    co_await set.wait();
  });
}

TEST_P(NothingToWaitForTest, IsNoDeadlockWhileAThreadRuns) {
  event set;
  run([&]() -> task<> {
    auto other = spawn([&]() -> task<> {
      co_await to_thread([] { std::this_thread::yield(); });
      set.set();
    });
    co_await set.wait();
  });
}

TEST_P(NothingToWaitForTest, IsNoDeadlockWhileIoIsPending) {
  namespace local = boost::asio::local;
  local::stream_protocol::socket here(loop_.io());
  boost::asio::io_context elsewhere;
  local::stream_protocol::socket there(elsewhere);
  local::connect_pair(here, there);
  event set;
  std::thread writer;  // unknown to the loop
  run([&]() -> task<> {
    auto reader = spawn([&]() -> task<> {
      char byte = 0;
      co_await here.async_read_some(boost::asio::buffer(&byte, 1), use_op);
      set.set();
    });
    co_await checkpoint();
    writer = std::thread([&] { boost::asio::write(there, boost::asio::buffer("x", 1)); });
    co_await set.wait();
  });
  writer.join();
}

INSTANTIATE_TEST_SUITE_P(Cells, NothingToWaitForTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
