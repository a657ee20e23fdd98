#include "compat/runtime.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/event.hpp"
#include "compat/subsystem.hpp"
#include "test_kit/loop_test.hpp"
#include "tests/running_backend.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class RuntimeTest : public loop_test {
 protected:
  std::string chosen_;  // what the chooser answers
  int asked_ = 0;
  std::string asked_for_;  // the targeting key
  runtime runtime_{loop_,
                   {backends_.fiber, backends_.coro},
                   [this](std::string_view, std::string_view targeting_key) {
                     ++asked_;
                     asked_for_ = targeting_key;
                     return std::string_view(chosen_);
                   }};
  subsystem prices_{runtime_, "prices"};
};

TEST_F(RuntimeTest, DefaultIsTheFirstBackend) {
  EXPECT_EQ(prices_.chosen().name(), "fiber");
  EXPECT_EQ(runtime(loop_, {backends_.coro, backends_.fiber}).choose("any").name(), "coro");
}

TEST_F(RuntimeTest, PortalByDefaultGivesUnportedTextAStackOnEitherBackend) {
  subsystem unported(runtime_, "unported", {.portal_by_default = true});
  std::string order;
  event never;
  auto grandchild = [&] {
    order += backend_of_running_task() + ' ';
    await(sleep(1ms));
    return 2;
  };
  auto child = [&] {
    await(sleep(1ms));
    order += backend_of_running_task() + ' ';
    return await(spawn(grandchild).join()) + 1;
  };
  for (const char* where : {"fiber", "coro"}) {
    chosen_ = where;
    loop_.run(backends_.coro, [&]() -> task<> {
      EXPECT_EQ(co_await unported.spawn(child).join(), 3);
      // Ported text of the same subsystem is carried as usual.
      auto ported = [&]() -> task<bool> {
        co_await checkpoint();
        co_return detail::task_state::current().on_stack();
      };
      EXPECT_EQ(co_await unported.spawn(ported).join(), chosen_ == "fiber");
      auto stuck = unported.spawn([&] { await(never.wait()); });
      co_await checkpoint();
      stuck.cancel();
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await stuck.join(); }),
                  testing::StartsWith("task_cancelled"));
    });
  }
  EXPECT_EQ(order, "fiber fiber coro coro ");
  for (const backend_counters& row : unported.counters()) EXPECT_EQ(row.spawned, 4U);
}

TEST_F(RuntimeTest, TellsHowEachRootTaskEnded) {
  std::vector<std::string> ends;
  subsystem told(
      runtime_, "told", {.on_ended = [&](const ended_root& root) {
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(root.took);
        ends.push_back(std::string(root.name) + " on " + std::string(root.backend) +
                       (root.failed ? " failed" : "") + (root.cancelled ? " cancelled" : "") +
                       " in " + std::to_string(took.count()));
      }});
  auto work = []() -> task<> {
    auto below = spawn({.name = "below"}, []() -> task<> { co_await sleep(1ms); });
    co_await below.join();
    co_await sleep(4ms);
  };
  auto fail = []() -> task<> {
    co_await sleep(2ms);
    throw std::runtime_error("no");
  };
  for (const char* where : {"fiber", "coro"}) {
    chosen_ = where;
    loop_.run(backends_.coro, [&]() -> task<> {
      auto works = told.spawn({.name = "works"}, work);
      co_await works.join();
      auto fails = told.spawn({.name = "fails"}, fail);
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await fails.join(); }), HasSubstr("no"));
      auto ends_early = told.spawn({.name = "ends early"}, work);
      co_await sleep(3ms);
      ends_early.cancel();
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await ends_early.join(); }),
                  HasSubstr("cancelled"));
    });
    const std::string on = std::string(" on ") + where;
    EXPECT_THAT(std::exchange(ends, {}),
                ElementsAre("works" + on + " in 5", "fails" + on + " failed in 2",
                            "ends early" + on + " cancelled in 3"));
  }
}

TEST(PortalByDefaultTest, IsRefusedWhereTheLoopHasNoStacks) {
  loop loop({.virtual_time = true});
  coro_backend::backend coro(loop);
  runtime runtime(loop, {coro});
  subsystem unported(runtime, "unported", {.portal_by_default = true});
  loop.run(coro, [&]() -> task<> {
    auto blocking = [] { await(checkpoint()); };
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await unported.spawn(blocking).join(); }),
        testing::MatchesRegex("usage_error: task .*subsystem unported.* through a portal, and the "
                              "loop has no backend with stacks: construct a .*"));
  });
}

TEST_F(RuntimeTest, ChooserIsAskedOnceForEachRootAndChildrenInherit) {
  std::vector<std::string> where;
  loop_.run(backends_.fiber, [&]() -> task<> {
    chosen_ = "coro";
    auto root = prices_.spawn([&]() -> task<> {
      where.push_back(backend_of_running_task());
      auto child = spawn([&]() -> task<> {
        where.push_back(backend_of_running_task());
        co_return;
      });
      co_await child.join();
      auto body = [&](task_group& group) {
        group.spawn([&] { where.push_back(backend_of_running_task()); });
      };
      co_await with_task_group(body);
    });
    chosen_ = "fiber";  // too late for the root and all below it
    co_await root.join();
  });
  EXPECT_THAT(where, ElementsAre("coro", "coro", "coro"));
  EXPECT_EQ(asked_, 1);
}

TEST_F(RuntimeTest, ChooserIsToldWhomTheRootIsFor) {
  EXPECT_EQ(prices_.chosen("alice").name(), "fiber");
  EXPECT_EQ(asked_for_, "alice");
  loop_.run(backends_.coro, [&]() -> task<> {
    auto for_bob = prices_.spawn(
        {.name = "refresh", .targeting_key = "bob"}, [](int) {}, 1);
    EXPECT_EQ(asked_for_, "bob");
    auto for_nobody = prices_.spawn([] {});
    EXPECT_EQ(asked_for_, "");
    for (const task_info& each : loop_.tasks()) {
      EXPECT_EQ(each.id == for_bob.id(), each.name == "refresh");
      EXPECT_THAT(each.site.file_name(), HasSubstr("runtime_test.cpp"));
    }
    co_await for_bob.join();
    co_await for_nobody.join();
  });
}

// What is spawned below a root inherits its choice: a key there would have no effect.
template <class Spawner>
concept takes_targeting_key = requires(Spawner& spawner, void (*f)(int)) {
  spawner.spawn({.name = "refresh", .targeting_key = "alice"}, f, 1);
};
static_assert(takes_targeting_key<subsystem>);
static_assert(!takes_targeting_key<task_group>);
static_assert(!takes_targeting_key<task_group::placement>);
static_assert(!takes_targeting_key<detail::sibling_spawner>);

TEST_F(RuntimeTest, ChangedChoiceTakesEffectWithTheNextRoot) {
  event go;
  std::vector<std::string> where;
  auto root = [&]() -> task<> {
    co_await go.wait();
    where.push_back(backend_of_running_task());
  };
  loop_.run(backends_.coro, [&]() -> task<> {
    chosen_ = "fiber";
    auto before = prices_.spawn(root);
    chosen_ = "coro";
    auto after = prices_.spawn(root);
    co_await settle();
    go.set();
    co_await before.join();
    co_await after.join();
  });
  EXPECT_THAT(where, ElementsAre("fiber", "coro"));
}

TEST_F(RuntimeTest, UnknownNameMeansTheDefaultAndIsReportedOnce) {
  chosen_ = "corro";
  EXPECT_EQ(prices_.chosen().name(), "fiber");
  EXPECT_EQ(prices_.chosen().name(), "fiber");
  EXPECT_THAT(take_reports(), ElementsAre(AllOf(HasSubstr("'prices'"), HasSubstr("is 'corro'"),
                                                HasSubstr("expected one of: 'fiber' 'coro'"))));
  chosen_ = "fibre";
  EXPECT_EQ(prices_.chosen().name(), "fiber");
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("is 'fibre'")));
}

TEST_F(RuntimeTest, RefusesNoBackendAndThatOfAnotherLoop) {
  EXPECT_THROW(runtime(loop_, {}), usage_error);
  loop other;
  coro_backend::backend stranger(other);
  EXPECT_THROW(runtime(loop_, {stranger}), usage_error);
}

TEST_F(RuntimeTest, LoopHasOneBackendWithStacks) {
  EXPECT_THROW(fiber_backend::backend second(loop_), usage_error);
}

TEST_F(RuntimeTest, CountsTasksByBackendAndEnd) {
  event never;
  loop_.run(backends_.fiber, [&]() -> task<> {
    chosen_ = "coro";
    auto succeeds = prices_.spawn([]() -> task<> {
      co_await sleep(1ms);
      co_await sleep(1ms);
    });
    auto fails = prices_.spawn([] { throw 1; });
    auto stuck = prices_.spawn([&]() -> task<> { co_await never.wait(); });
    chosen_ = "fiber";
    auto other = prices_.spawn([]() -> task<> { co_await sleep(1ms); });
    co_await succeeds.join();
    EXPECT_THROW(co_await fails.join(), int);
    co_await other.join();
    EXPECT_EQ(prices_.counters()[1].live, 1U);
    stuck.cancel();
    EXPECT_THROW(co_await stuck.join(), task_cancelled);
  });
  const backend_counters& fiber = prices_.counters()[0];
  EXPECT_EQ(fiber.backend, "fiber");
  EXPECT_EQ(fiber.spawned, 1U);
  EXPECT_EQ(fiber.live, 0U);
  EXPECT_EQ(fiber.waits, 1U);
  const backend_counters& coro = prices_.counters()[1];
  EXPECT_EQ(coro.backend, "coro");
  EXPECT_EQ(coro.spawned, 3U);
  EXPECT_EQ(coro.failed, 1U);
  EXPECT_EQ(coro.cancelled, 1U);
  EXPECT_EQ(coro.waits, 3U);
  EXPECT_EQ(coro.live, 0U);
}

TEST_F(RuntimeTest, ChildrenBelongToTheSubsystem) {
  std::vector<std::string> subsystems;
  loop_.run(backends_.fiber, [&]() -> task<> {
    auto root = prices_.spawn([&]() -> task<> {
      auto child = spawn([] {});
      for (const task_info& t : loop_.tasks()) subsystems.push_back(t.subsystem);
      co_await child.join();
    });
    co_await root.join();
  });
  EXPECT_THAT(subsystems, ElementsAre("", "prices", "prices"));
  EXPECT_EQ(prices_.counters()[0].spawned, 2U);
}

TEST_F(RuntimeTest, RootsMayBeSpawnedBeforeTheLoopRuns) {
  bool ran = false;
  prices_.spawn([&] { ran = true; }).detach();
  loop_.run(backends_.coro, []() -> task<> { co_await settle(); });
  EXPECT_TRUE(ran);
}

TEST_F(RuntimeTest, MessagesNameTheSubsystem) {
  chosen_ = "coro";
  std::string refusal;
  loop_.run(backends_.coro, [&]() -> task<> {
    auto root = prices_.spawn([&] {
      try {
        await(checkpoint());
      } catch (const usage_error& e) {
        refusal = e.what();
      }
    });
    co_await root.join();
  });
  EXPECT_THAT(refusal, HasSubstr("(subsystem prices, coro)"));
}

}  // namespace
}  // namespace crossfade
