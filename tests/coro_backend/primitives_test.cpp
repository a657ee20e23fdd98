#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "compat/cleanup.hpp"
#include "compat/spawn.hpp"
#include "test_kit/sweep.hpp"
#include "tests/coro_backend/asyncio_test.hpp"
#include "tests/primitive_waits_test.hpp"

// What is true of everything of asyncio that tasks wait for, whichever cell they are in.

namespace crossfade {
namespace {

using namespace test_kit;
namespace asyncio = coro_backend;

struct locked final : primitive {
  task<> hold() override { co_await lock.acquire(); }
  task<> wait() override {
    co_await lock.acquire();
    lock.release();
  }
  void wake() override { lock.release(); }
  asyncio::lock lock;
};

struct permitted final : primitive {
  task<> wait() override {
    co_await semaphore.acquire();
    semaphore.release();
  }
  void wake() override { semaphore.release(); }
  asyncio::semaphore semaphore{0};
};

struct signalled final : primitive {
  task<> wait() override { co_await event.wait(); }
  void wake() override { event.set(); }
  asyncio::event event;
};

struct notified final : primitive {
  task<> wait() override {
    auto once = [this] { return changed.wait(); };
    co_await asyncio::async_with(changed, once);
  }
  void wake() override {
    asyncio::create_task([this]() -> task<> {
      auto all = [this] { changed.notify_all(); };
      co_await asyncio::async_with(changed, all);
    });
  }
  asyncio::condition changed;
};

struct filled final : primitive {
  task<> wait() override { co_await queue.get(); }
  void wake() override {
    queue.put_nowait(1);
    queue.put_nowait(2);
  }
  asyncio::queue<int> queue;
};

struct emptied final : primitive {
  task<> hold() override { co_await queue.put(0); }
  task<> wait() override {
    co_await queue.put(1);
    queue.get_nowait();
  }
  void wake() override { queue.get_nowait(); }
  asyncio::queue<int> queue{1};
};

struct worked_off final : primitive {
  task<> hold() override { co_await queue.put(0); }
  task<> wait() override { co_await queue.join(); }
  void wake() override { queue.task_done(); }
  asyncio::queue<int> queue;
};

struct met final : primitive {
  task<> wait() override { co_await barrier.wait(); }
  void wake() override {
    for (int i = barrier.n_waiting(); i < barrier.parties(); ++i)
      asyncio::create_task([this]() -> task<> { co_await barrier.wait(); });
  }
  asyncio::barrier barrier{3};
};

struct promised final : primitive {
  task<> hold() override {
    future = asyncio::get_running_loop().create_future<int>();
    co_return;
  }
  task<> wait() override { EXPECT_EQ(co_await future, 7); }
  void wake() override { future.set_result(7); }
  asyncio::future<int> future;
};

struct run_by_a_task final : primitive {
  task<> hold() override {
    made = asyncio::create_task([this]() -> task<int> {
      co_await go.wait();
      co_return 7;
    });
    co_return;
  }
  task<> wait() override { EXPECT_EQ(co_await made, 7); }
  void wake() override { go.set(); }
  asyncio::event go;
  asyncio::task<int> made;
};

struct gathered final : primitive {
  task<> wait() override {
    auto once = [this]() -> task<> { co_await go.wait(); };
    auto twice = once;
    co_await asyncio::gather(once, twice);
  }
  void wake() override { go.set(); }
  asyncio::event go;
};

const kind kinds[] = {
    kind_of<locked>("lock"),           kind_of<permitted>("semaphore"),
    kind_of<signalled>("event"),       kind_of<notified>("condition"),
    kind_of<filled>("queue_get"),      kind_of<emptied>("queue_put"),
    kind_of<worked_off>("queue_join"), kind_of<met>("barrier"),
    kind_of<promised>("future"),       kind_of<run_by_a_task>("task"),
    kind_of<gathered>("gather"),
};

using AsyncioPrimitivesTest = primitive_waits_test;
INSTANTIATE_TEST_SUITE_P(Kinds, AsyncioPrimitivesTest,
                         testing::Combine(testing::ValuesIn(kinds), cell_pairs()), kind_and_cells);

TEST_P(AsyncioPrimitivesTest, WakesTheWaitersOfAnyCellInTheirOrder) {
  waiters_of_any_cell_go_on_in_their_order();
}

TEST_P(AsyncioPrimitivesTest, CancelledWaiterLeavesAndTheOtherGoesOn) {
  cancelled_waiter_leaves_and_the_other_goes_on();
}

// --- cancelled at every wait ---

using AsyncioSweepTest = pair_test;

// Text that runs as an asyncio task of its own, which a cancellation of the caller cancels and
// waits for.
cast::text as_asyncio_task(std::function<task<>()> text) {
  return [text]() -> task<> {
    const asyncio::task<> made = asyncio::create_task(text);
    auto wait = [&]() -> task<> { co_await made; };
    auto end = [&]() -> task<> {
      made.cancel();
      co_await asyncio::wait(asyncio::wait_options{}, made);
    };
    co_await try_finally(wait, end);
  };
}

// Both as it is, a portable task, and as asyncio's own.
void play_both(const std::function<void(const cast&)>& play, const std::function<task<>()>& text) {
  play({.before = {text, as_asyncio_task(text)}, .victim = text, .after = {text}});
}
void play_as_asyncio(const std::function<void(const cast&)>& play,
                     const std::function<task<>()>& text) {
  const cast::text own = as_asyncio_task(text);
  play({.before = {own, text}, .victim = own, .after = {own}});
}

// Counts while it lives.
struct counted_in {
  explicit counted_in(int& n) : count(++n) {}
  counted_in(const counted_in&) = delete;
  counted_in& operator=(const counted_in&) = delete;
  ~counted_in() { --count; }
  int& count;
};

TEST_P(AsyncioSweepTest, LockIsNeverLostNorHeldTwice) {
  for (auto* const as : {&play_both, &play_as_asyncio}) {
    cut_short(GetParam(), [as](const auto& play) {
      asyncio::lock lock;
      int inside = 0;
      as(play, [&]() -> task<> {
        auto use = [&]() -> task<> {
          const counted_in here(inside);
          EXPECT_EQ(inside, 1);
          co_await asyncio::sleep(0s);
        };
        co_await asyncio::async_with(lock, use);
        co_await asyncio::sleep(1ms);
        co_await asyncio::async_with(lock, use);
      });
      EXPECT_FALSE(lock.locked());
      EXPECT_EQ(inside, 0);
    });
  }
}

TEST_P(AsyncioSweepTest, SemaphoreLosesNoPermit) {
  for (auto* const as : {&play_both, &play_as_asyncio}) {
    cut_short(GetParam(), [as](const auto& play) {
      asyncio::bounded_semaphore permits(2);
      int inside = 0;
      as(play, [&]() -> task<> {
        auto use = [&]() -> task<> {
          const counted_in here(inside);
          EXPECT_LE(inside, 2);
          co_await asyncio::sleep(1ms);
        };
        co_await asyncio::async_with(permits, use);
        co_await asyncio::async_with(permits, use);
      });
      EXPECT_EQ(permits.value(), 2);
    });
  }
}

TEST_P(AsyncioSweepTest, QueueLosesAndDoublesNoItem) {
  for (auto* const as : {&play_both, &play_as_asyncio}) {
    cut_short(GetParam(), [as](const auto& play) {
      asyncio::queue<int> queue(1);
      int put = 0;
      int got = 0;
      as(play, [&]() -> task<> {  // each gets as much as it puts, so that nobody is left waiting
        auto one = [&]() -> task<> {
          co_await queue.put(0);
          ++put;
        };
        auto other = [&]() -> task<> {
          co_await queue.get();
          ++got;
        };
        auto drain = [&] {
          while (!queue.empty()) {
            queue.get_nowait();
            ++got;
          }
        };
        for (int i = 0; i < 2; ++i) {
          auto exchange = [&]() -> task<> {
            co_await one();
            co_await asyncio::sleep(0s);
            if (!queue.empty()) co_await other();
          };
          co_await try_finally(exchange, drain);
        }
      });
      EXPECT_EQ(put, got);
      EXPECT_TRUE(queue.empty());
    });
  }
}

TEST_P(AsyncioSweepTest, ConditionHoldsItsLockWhenAWaitEndsAndLeavesItFree) {
  for (auto* const as : {&play_both, &play_as_asyncio}) {
    cut_short(GetParam(), [as](const auto& play) {
      asyncio::condition changed;
      int arrived = 0;
      as(play, [&]() -> task<> {
        auto meet = [&]() -> task<> {
          ++arrived;
          changed.notify_all();
          auto enough = [&] { return arrived >= 3; };  // one of four may be cancelled
          co_await changed.wait_for(enough);
          EXPECT_TRUE(changed.locked());
        };
        co_await asyncio::async_with(changed, meet);
      });
      EXPECT_FALSE(changed.locked());
    });
  }
}

// Takes its time, and says that it is there.
auto child_of(int& alive) {
  return [&alive]() -> task<> {
    const counted_in here(alive);
    co_await asyncio::sleep(0s);
    co_await asyncio::sleep(1ms);
  };
}

TEST_P(AsyncioSweepTest, GatheredTasksEndWithWhoGathersThem) {
  cancel_at_every_wait(GetParam(), [](const auto& play) {
    int alive = 0;
    const cast::text gathers = as_asyncio_task([&]() -> task<> {
      auto child = child_of(alive);
      co_await asyncio::gather(child, child, child);
    });
    play({.before = {gathers}, .victim = gathers, .after = {gathers}});
    EXPECT_EQ(alive, 0);
  });
}

TEST_P(AsyncioSweepTest, WaitForLeavesNothingBehindInTimeOrNot) {
  cancel_at_every_wait(GetParam(), [](const auto& play) {
    int alive = 0;
    const cast::text waits = as_asyncio_task([&]() -> task<> {
      auto child = child_of(alive);
      co_await asyncio::wait_for(child, 1s);
      auto late = [&]() -> task<> {
        const counted_in here(alive);
        co_await asyncio::sleep(1h);
      };
      auto in_vain = [&]() -> task<> { co_await asyncio::wait_for(late, 1ms); };
      auto is_late = [](const std::exception_ptr& error) {
        if (outcome(error).starts_with("timeout_error")) return;
        std::rethrow_exception(error);
      };
      co_await try_except(in_vain, is_late);
      EXPECT_EQ(alive, 0);
    });
    play({.before = {}, .victim = waits, .after = {}});
    EXPECT_EQ(alive, 0);
  });
}

TEST_P(AsyncioSweepTest, TaskGroupIsOutlivedByNoTask) {
  cancel_at_every_wait(GetParam(), [](const auto& play) {
    int alive = 0;
    const cast::text opens = as_asyncio_task([&]() -> task<> {
      asyncio::task_group group;
      const int before = alive;
      auto fill = [&]() -> task<> {
        auto child = child_of(alive);
        for (int i = 0; i < 3; ++i) group.create_task(child);
        co_await asyncio::sleep(0s);
      };
      auto open = [&]() -> task<> { co_await asyncio::async_with(group, fill); };
      auto check = [&] { EXPECT_EQ(alive, before); };
      co_await try_finally(open, check);
    });
    play({.before = {}, .victim = opens, .after = {}});
    EXPECT_EQ(alive, 0);
  });
}

TEST_P(AsyncioSweepTest, TimeoutLetsGoOfWhatItsBodyHeld) {
  cancel_at_every_wait(GetParam(), [](const auto& play) {
    asyncio::lock lock;
    const cast::text holds = as_asyncio_task([&]() -> task<> {
      auto hold = [] { return asyncio::sleep(1h); };
      auto held = [&]() -> task<> { co_await asyncio::async_with(lock, hold); };
      auto limited = [&]() -> task<> {
        asyncio::timeout limit(1ms);
        co_await asyncio::async_with(limit, held);
      };
      auto is_late = [](const std::exception_ptr& error) {
        if (outcome(error).starts_with("timeout_error")) return;
        std::rethrow_exception(error);
      };
      co_await try_except(limited, is_late);
    });
    play({.before = {holds}, .victim = holds, .after = {holds}});
    EXPECT_FALSE(lock.locked());
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, AsyncioSweepTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
