#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fiber_backend/gevent.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
namespace gevent = fiber_backend;

// What the recorded traces do not show of gevent's face.
class GeventTest : public loop_test {
 protected:
  template <class Body>
  void run(Body&& body, std::source_location site = std::source_location::current()) {
    run_in({cell::text::blocking, cell::carrier::fiber}, body, site);
  }
};

TEST_F(GeventTest, ErrorsGoToTheHubsHandlerWhenTheyHappen) {
  std::vector<std::string> told;
  run([&] {
    gevent::get_hub().on_error([&](const gevent::error_report& report) {
      told.push_back((report.greenlet != nullptr ? std::string(report.greenlet->name()) : "hub") +
                     ": " + describe(report.error));
    });
    const auto failing =
        gevent::spawn({.name = "failing"}, [] { throw std::runtime_error("broken"); });
    failing.rawlink([](const gevent::any_greenlet&) { throw std::runtime_error("in a link"); });
    await(failing.join());
  });
  EXPECT_THAT(told, testing::ElementsAre("failing: broken", "hub: in a link"));
}

TEST_F(GeventTest, ErrorsGoToTheLoopsHandlerWithoutOneOfTheHubs) {
  run([&] {
    await(gevent::spawn({.name = "failing"}, [] { throw std::runtime_error("broken"); }).join());
  });
  EXPECT_THAT(take_reports(), testing::ElementsAre(testing::AllOf(testing::HasSubstr("'failing'"),
                                                                  testing::HasSubstr("broken"))));
}

TEST_F(GeventTest, RunInfoIsTheTreeWithSpawnSitesAndWaits) {
  run([&] {
    gevent::event event;
    const auto parent = gevent::spawn({.name = "parent"}, [&] {
      const auto child = gevent::spawn({.name = "child"}, [&] { await(event.wait()); });
      await(child.join());
    });
    await(gevent::sleep());
    await(gevent::sleep());
    EXPECT_THAT(gevent::format_run_info(loop_),
                testing::MatchesRegex("task 1 'main' .*gevent_test.cpp:[0-9]+, ready or running\n"
                                      "  task [0-9]+ 'parent' .*gevent_test.cpp:[0-9]+, waits for "
                                      "the end of a greenlet.*'child'.*\n"
                                      "    task [0-9]+ 'child' .*waits for a gevent event\n"));
    event.set();
    await(parent.join());
  });
}

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

TEST_F(GeventTest, KilledGreenletThrowsItsExitWhereItsTypeCannotHoldIt) {
  run([&] {
    const auto g = gevent::spawn([] {
      await(gevent::sleep(1h));
      return 1;
    });
    await(gevent::sleep());
    await(g.kill());
    EXPECT_THROW(await(g.get()), gevent::greenlet_exit);
    EXPECT_TRUE(g.successful());
  });
}

TEST_F(GeventTest, ForgottenTypeIsCheckedWhenItIsAskedFor) {
  run([&] {
    const gevent::any_greenlet g = gevent::spawn([] { return 1; });
    EXPECT_EQ(await(gevent::greenlet<int>::of(g).get()), 1);
    EXPECT_THROW(gevent::greenlet<std::string>::of(g), usage_error);
  });
}

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

TEST_F(GeventTest, WhatIsLeftAtTheEndUnwinds) {
  bool unwound = false;
  run([&] {
    struct note {
      bool& flag;
      ~note() { flag = true; }
    };
    gevent::event never;
    gevent::spawn([&] {
      const note n{unwound};
      await(never.wait());
    });
    await(gevent::sleep());
  });
  EXPECT_TRUE(unwound);
  EXPECT_THAT(take_reports(), testing::ElementsAre(testing::HasSubstr("a gevent event")));
}

TEST_F(GeventTest, WhatNeverStartsIsNotKeptBeyondTheEnd) {
  std::weak_ptr<int> later;
  std::weak_ptr<int> member;
  std::weak_ptr<int> joined;
  run([&] {
    const auto holding = [](std::weak_ptr<int>& seen) {
      auto kept = std::make_shared<int>();
      seen = kept;
      return [kept] { return *kept; };
    };
    gevent::spawn_later(1h, holding(later));
    gevent::group group;
    group.add(gevent::greenlet<int>::make(holding(member)));
    const auto failing = gevent::spawn([] { throw std::runtime_error("broken"); });
    const std::vector<gevent::any_greenlet> both{failing,
                                                 gevent::greenlet<int>::make(holding(joined))};
    EXPECT_THROW(await(gevent::joinall(both, 1h, true)), std::runtime_error);
  });
  EXPECT_TRUE(member.expired());
  EXPECT_TRUE(joined.expired());
  EXPECT_FALSE(later.expired());  // its timer runs as long as the hub lives
  EXPECT_THAT(take_reports(), testing::ElementsAre(testing::HasSubstr("broken")));
}

TEST_F(GeventTest, LocalHasAValueForEachGreenletAndOneForTheHub) {
  run([&] {
    gevent::local<int> value;
    value.set(1);
    const auto other = gevent::spawn([&] {
      EXPECT_THROW(value.get(), gevent::no_local_value);
      value.set(2);
      return value.get();
    });
    other.rawlink([&](const gevent::any_greenlet&) {
      EXPECT_FALSE(value.has_value());
      value.set(3);
    });
    EXPECT_EQ(await(other.get()), 2);
    EXPECT_EQ(value.get(), 1);
  });
}

TEST_F(GeventTest, ManyGreenletsAreKilledWhereverTheyStand) {
  run([&] {
    gevent::event never;
    std::vector<gevent::raw_greenlet> all;
    int cleaned = 0;
    for (int i = 0; i < 100; ++i) {
      all.push_back(gevent::spawn([&, i] {
        try {
          if (i % 2 == 0) await(never.wait());
          for (;;) await(gevent::sleep());
        } catch (const gevent::greenlet_exit&) {
          ++cleaned;
          throw;
        }
      }));
    }
    await(gevent::sleep());
    await(gevent::killall(all));
    EXPECT_EQ(cleaned, 100);
    for (const auto& g : all) EXPECT_TRUE(g.dead());
  });
}

}  // namespace
}  // namespace crossfade
