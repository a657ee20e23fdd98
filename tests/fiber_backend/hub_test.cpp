#include "tests/fiber_backend/gevent_test.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace gevent = fiber_backend;

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
                testing::MatchesRegex("task 1 'main' .*hub_test.cpp:[0-9]+, ready or running\n"
                                      "  task [0-9]+ 'parent' .*hub_test.cpp:[0-9]+, waits for "
                                      "the end of a greenlet.*'child'.*\n"
                                      "    task [0-9]+ 'child' .*waits for a gevent event\n"));
    event.set();
    await(parent.join());
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

}  // namespace
}  // namespace crossfade
