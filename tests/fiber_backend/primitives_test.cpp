#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compat/cleanup.hpp"
#include "test_kit/sweep.hpp"
#include "tests/fiber_backend/gevent_test.hpp"
#include "tests/primitive_waits_test.hpp"

// What is true of everything of gevent that tasks wait for, whichever cell they are in.

namespace crossfade {
namespace {

using namespace test_kit;
namespace gevent = fiber_backend;

struct permitted final : primitive {
  task<> wait() override {
    co_await semaphore.acquire();
    semaphore.release();
  }
  void wake() override { semaphore.release(); }
  gevent::semaphore semaphore{0};
};

struct signalled final : primitive {
  task<> wait() override { co_await event.wait(); }
  void wake() override { event.set(); }
  gevent::event event;
};

struct promised final : primitive {
  task<> wait() override { EXPECT_EQ(co_await result.get(), 7); }
  void wake() override { result.set(7); }
  gevent::async_result<int> result;
};

struct filled final : primitive {
  task<> wait() override { co_await queue.get(); }
  void wake() override {
    queue.put_nowait(1);
    queue.put_nowait(2);
  }
  gevent::queue<int> queue;
};

struct emptied final : primitive {
  task<> hold() override {
    queue.put_nowait(0);
    co_return;
  }
  task<> wait() override {
    co_await queue.put(1);
    queue.get_nowait();
  }
  void wake() override { queue.get_nowait(); }
  gevent::queue<int> queue{1};
};

struct worked_off final : primitive {
  task<> hold() override {
    queue.put_nowait(0);
    co_return;
  }
  task<> wait() override { co_await queue.join(); }
  void wake() override { queue.task_done(); }
  gevent::joinable_queue<int> queue;
};

struct run_by_a_greenlet final : primitive {
  task<> hold() override {
    made = gevent::spawn([this] {
      await(go.wait());
      return 7;
    });
    co_return;
  }
  task<> wait() override { EXPECT_EQ(co_await made.get(), 7); }
  void wake() override { go.set(); }
  gevent::event go;
  gevent::greenlet<int> made;
};

struct joined_all final : primitive {
  task<> hold() override {
    for (int i = 0; i < 2; ++i) made.push_back(gevent::spawn([this] { await(go.wait()); }));
    co_return;
  }
  task<> wait() override { co_await gevent::joinall(made); }
  void wake() override { go.set(); }
  gevent::event go;
  std::vector<gevent::any_greenlet> made;
};

struct in_a_pool final : primitive {
  task<> hold() override {
    const auto member = gevent::spawn([this] { await(go.wait()); });
    pool.add_nowait(member);
    co_return;
  }
  task<> wait() override { co_await pool.join(); }
  void wake() override { go.set(); }
  gevent::event go;
  gevent::pool pool{1};
};

const kind kinds[] = {
    kind_of<permitted>("semaphore"),
    kind_of<signalled>("event"),
    kind_of<promised>("async_result"),
    kind_of<filled>("queue_get"),
    kind_of<emptied>("queue_put"),
    kind_of<worked_off>("queue_join"),
    kind_of<run_by_a_greenlet>("greenlet"),
    kind_of<joined_all>("joinall"),
    kind_of<in_a_pool>("pool"),
};

using GeventPrimitivesTest = primitive_waits_test;
INSTANTIATE_TEST_SUITE_P(Kinds, GeventPrimitivesTest,
                         testing::Combine(testing::ValuesIn(kinds), cell_pairs()), kind_and_cells);

TEST_P(GeventPrimitivesTest, WakesTheWaitersOfAnyCellInTheirOrder) {
  waiters_of_any_cell_go_on_in_their_order();
}

TEST_P(GeventPrimitivesTest, CancelledWaiterLeavesAndTheOtherGoesOn) {
  cancelled_waiter_leaves_and_the_other_goes_on();
}

// --- cancelled, or killed, at every wait ---

using GeventSweepTest = pair_test;

// Text that runs as a greenlet of its own, which a cancellation of the caller kills.
cast::text as_greenlet(std::function<task<>()> text) {
  return [text]() -> task<> {
    const auto made = gevent::spawn(text);
    auto wait = [&]() -> task<> { co_await made.join(); };
    auto end = [&]() -> task<> { co_await made.kill(); };
    co_await try_finally(wait, end);
  };
}

// Both as it is, a portable task, and as a greenlet.
void play_both(const std::function<void(const cast&)>& play, const std::function<task<>()>& text) {
  play({.before = {text, as_greenlet(text)}, .victim = text, .after = {text}});
}
void play_as_greenlets(const std::function<void(const cast&)>& play,
                       const std::function<task<>()>& text) {
  const cast::text own = as_greenlet(text);
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

TEST_P(GeventSweepTest, SemaphoreLosesNoPermit) {
  for (auto* const as : {&play_both, &play_as_greenlets}) {
    cut_short(GetParam(), [as](const auto& play) {
      gevent::bounded_semaphore permits(2);
      int inside = 0;
      as(play, [&]() -> task<> {
        for (int i = 0; i < 2; ++i) {
          co_await permits.acquire();
          auto use = [&]() -> task<> {
            const counted_in here(inside);
            EXPECT_LE(inside, 2);
            co_await gevent::sleep(1ms);
          };
          auto give_back = [&] { permits.release(); };
          co_await try_finally(use, give_back);
        }
      });
      EXPECT_EQ(permits.counter(), 2U);
    });
  }
}

TEST_P(GeventSweepTest, QueueLosesAndDoublesNoItem) {
  for (auto* const as : {&play_both, &play_as_greenlets}) {
    cut_short(GetParam(), [as](const auto& play) {
      gevent::queue<int> queue;
      int got = 0;
      constexpr int put = 8;
      for (int i = 0; i < put; ++i) queue.put_nowait(i);
      as(play, [&]() -> task<> {
        for (int i = 0; i < 2; ++i) {
          co_await queue.get();
          ++got;
          co_await gevent::sleep();
        }
      });
      EXPECT_EQ(got + static_cast<int>(queue.qsize()), put);
    });
  }
}

TEST_P(GeventSweepTest, EventStaysUsable) {
  for (auto* const as : {&play_both, &play_as_greenlets}) {
    cut_short(GetParam(), [as](const auto& play) {
      gevent::event event;
      int waiting = 0;
      as(play, [&]() -> task<> {
        const counted_in here(waiting);
        if (waiting == 3) event.set();  // one of four may be cancelled
        co_await event.wait();
        event.clear();
        co_await event.wait(1ms);
        event.set();
      });
      EXPECT_EQ(waiting, 0);
    });
  }
}

// Takes its time, and says that it is there.
auto child_of(int& alive) {
  return [&alive] {
    const counted_in here(alive);
    await(gevent::sleep());
    await(gevent::sleep(1ms));
  };
}

TEST_P(GeventSweepTest, PoolHasItsRoomAgain) {
  cut_short(GetParam(), [](const auto& play) {
    int alive = 0;
    auto pool = std::make_shared<gevent::pool>(2);
    bool all_room = true;
    const cast::text fills = [&alive, &all_room, pool]() -> task<> {
      auto fill = [&]() -> task<> {
        auto child = child_of(alive);
        for (int i = 0; i < 3; ++i) co_await pool->spawn(child);
        EXPECT_LE(alive, 2);
        co_await pool->join();
      };
      auto end = [&]() -> task<> {
        co_await pool->kill();
        all_room = all_room && pool->free_count() == 2;
      };
      co_await try_finally(fill, end);
    };
    play({.before = {}, .victim = fills, .after = {}});
    EXPECT_TRUE(all_room);
    EXPECT_EQ(alive, 0);
  });
}

TEST_P(GeventSweepTest, JoinallLeavesTheGreenletsToTheirKiller) {
  cut_short(GetParam(), [](const auto& play) {
    int alive = 0;
    const cast::text joins = [&alive]() -> task<> {
      std::vector<gevent::any_greenlet> all;
      for (int i = 0; i < 3; ++i) all.push_back(gevent::spawn(child_of(alive)));
      auto join = [&]() -> task<> { co_await gevent::joinall(all); };
      auto kill = [&]() -> task<> {
        const std::vector<gevent::raw_greenlet> victims(all.begin(), all.end());
        co_await gevent::killall(victims);
        EXPECT_EQ(alive, 0);
      };
      co_await try_finally(join, kill);
    };
    play({.before = {}, .victim = joins, .after = {}});
    EXPECT_EQ(alive, 0);
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, GeventSweepTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
