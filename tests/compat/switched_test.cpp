#include "compat/switched.hpp"

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "compat/cancel_and_join.hpp"
#include "compat/cleanup.hpp"
#include "compat/event.hpp"
#include "compat/runtime.hpp"
#include "test_kit/loop_test.hpp"
#include "tests/running_backend.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct store {
  std::string made_on;
  int number;
  bool open = true;
  bool asked_to_end = false;
};

// The caller, and the text it calls, are in the cell of the parameter.
class SwitchedTest : public cell_test {
 protected:
  task<std::unique_ptr<store>> prepare(backend& on) {
    co_await sleep(preparing_takes_);
    EXPECT_EQ(backend_of_running_task(), on.name());
    if (unusable_ == on.name()) throw std::runtime_error("no such disk");
    co_return std::make_unique<store>(store{std::string(on.name()), ++prepared_});
  }
  task<> close(store& idle) {
    EXPECT_TRUE(idle.open);
    EXPECT_EQ(backend_of_running_task(), idle.made_on);
    co_await sleep(1ms);
    idle.open = false;
    if (closing_fails_) throw std::runtime_error("disk full");
  }
  switched<store>::functions functions() {
    return {.prepare = [this](backend& on) { return prepare(on); },
            .close = [this](store& idle) { return close(idle); },
            .drain = [this](store& used) { return drain(used); }};
  }
  task<> drain(store& used) {
    EXPECT_TRUE(used.open);
    used.asked_to_end = true;
    auto until_cancelled = []() -> task<> { co_await sleep(1h); };
    auto undo = [&used] { used.asked_to_end = false; };
    co_await try_finally(until_cancelled, undo);
  }
  // A call that takes `time`, and names the state that has served it.
  auto call(duration time) {
    return switched_.spawn({.name = "call"}, [time](store& used) -> task<std::string> {
      const std::string on = backend_of_running_task();
      EXPECT_EQ(on, used.made_on);
      co_await sleep(time);
      EXPECT_TRUE(used.open) << "closed while it is used";
      EXPECT_EQ(on, backend_of_running_task());
      co_return on + std::to_string(used.number);
    });
  }
  auto call_and_join(duration time = {}) {
    return [this, time]() -> task<std::string> {
      auto made = call(time);
      std::string answer = co_await made.join();
      co_return answer;
    };
  }
  std::vector<std::string> take_events() { return std::exchange(events_, {}); }

  std::string chosen_ = "fiber";
  std::vector<std::string> also_wanted_;
  std::string unusable_;
  bool closing_fails_ = false;
  duration preparing_takes_ = 1ms;
  int prepared_ = 0;
  std::vector<std::string> events_;
  runtime runtime_{
      loop_, {backends_.fiber, backends_.coro}, [this](std::string_view, std::string_view key) {
        return key == "moved" ? std::string_view("coro") : std::string_view(chosen_);
      }};
  subsystem database_{runtime_, "database"};
  switched<store> switched_{database_,
                            functions(),
                            [this] {
                              std::vector<std::string> wanted = also_wanted_;
                              wanted.push_back(chosen_);
                              return wanted;
                            },
                            {.drain_time = 5s, .on_event = [this](const switch_event& event) {
                               events_.push_back(event.message());
                             }}};
};
INSTANTIATE_TEST_SUITE_P(Cells, SwitchedTest, cells(), cell_name);

TEST_P(SwitchedTest, TellsOfTheEndOfCallsAndOfNothingElse) {
  std::vector<std::string> ends;
  subsystem told(runtime_, "told", {.on_ended = [&](const ended_root& root) {
                   ends.push_back(std::string(root.name) + " on " + std::string(root.backend));
                 }});
  switched<store> of_told(told, functions());
  run([&]() -> task<> {
    co_await of_told.open();
    auto first = of_told.spawn({.name = "first"}, [](store&) {});
    co_await first.join();
    chosen_ = "coro";
    co_await of_told.follow();
    auto second = of_told.spawn({.name = "second"}, [](store&) {});
    co_await second.join();
    co_await of_told.close();
  });
  EXPECT_THAT(ends, ElementsAre("first on fiber", "second on coro"));
}

TEST_P(SwitchedTest, NewCallsGoToTheNewSideAndOldOnesEndWhereTheyBegan) {
  run([&]() -> task<> {
    co_await switched_.open();
    auto before = call(100ms);
    co_await sleep(1ms);
    chosen_ = "coro";
    EXPECT_EQ(co_await call_and_join()(), "fiber1") << "what it would need is not prepared yet";
    co_await switched_.follow();
    EXPECT_EQ(co_await call_and_join()(), "coro2");
    EXPECT_FALSE(before.done());
    EXPECT_EQ(co_await before.join(), "fiber1");
    co_await sleep(2ms);
    EXPECT_THAT(take_events(), ElementsAre("subsystem 'database': the fiber side serves",
                                           "subsystem 'database': the coro side serves",
                                           "subsystem 'database': the fiber side gets no new work",
                                           "subsystem 'database': the fiber side is closed"));
    chosen_ = "fiber";
    co_await switched_.follow();
    EXPECT_EQ(co_await call_and_join()(), "fiber3");
    co_await switched_.close();
    EXPECT_THAT(switched_.status(), IsEmpty());
  });
}

TEST_P(SwitchedTest, FollowingWhatHasNotChangedDoesNothing) {
  run([&]() -> task<> {
    co_await switched_.open();
    co_await switched_.follow();
    EXPECT_EQ(prepared_, 1);
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, BothSidesServeWhileTheFlagMayNameBoth) {
  run([&]() -> task<> {
    also_wanted_ = {"coro"};
    co_await switched_.open();
    EXPECT_EQ(co_await call_and_join()(), "fiber2");
    auto moved = switched_.spawn({.name = "call", .targeting_key = "moved"}, [](store& used) {
      return std::to_string(used.number) + " of " + used.made_on;
    });
    EXPECT_EQ(co_await moved.join(), "1 of coro");
    EXPECT_EQ(switched_.chosen("moved").name(), "coro");
    EXPECT_EQ(switched_.chosen("any").name(), "fiber");
    also_wanted_ = {};
    co_await switched_.follow();
    co_await sleep(2ms);
    EXPECT_THAT(switched_.status(), ElementsAre(testing::Field(&side_status::backend, "fiber")));
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, PreparingThatFailsChangesNothing) {
  run([&]() -> task<> {
    co_await switched_.open();
    unusable_ = chosen_ = "coro";
    co_await switched_.follow();
    EXPECT_EQ(co_await call_and_join()(), "fiber1");
    EXPECT_THAT(take_events(),
                ElementsAre("subsystem 'database': the fiber side serves",
                            "subsystem 'database': the coro side cannot be prepared, so nothing "
                            "changes: no such disk"));
    unusable_.clear();
    co_await switched_.follow();
    EXPECT_EQ(co_await call_and_join()(), "coro2");
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, OpeningThrowsWhatPreparingThrew) {
  run([&]() -> task<> {
    unusable_ = "fiber";
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await switched_.open(); }),
              "exception: no such disk");
    unusable_.clear();
    co_await switched_.open();
    EXPECT_EQ(co_await call_and_join()(), "fiber1");
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, ASideThatIsWantedAgainIsKept) {
  run([&]() -> task<> {
    co_await switched_.open();
    auto slow = call(100ms);
    for (int i = 0; i < 3; ++i) {
      chosen_ = "coro";
      co_await switched_.follow();
      chosen_ = "fiber";
      co_await switched_.follow();
      EXPECT_EQ(co_await call_and_join()(), "fiber1");
    }
    EXPECT_EQ(co_await slow.join(), "fiber1");
    co_await sleep(10s);
    EXPECT_THAT(switched_.status(), ElementsAre(testing::Field(&side_status::uses, 0U)));
    EXPECT_THAT(take_events(),
                testing::Contains("subsystem 'database': the fiber side serves again"));
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, WhatUsesASideThatDrainsMayBeAskedToEnd) {
  run([&]() -> task<> {
    co_await switched_.open();
    auto polite = switched_.spawn([](store& used) -> task<> {
      while (!used.asked_to_end) co_await sleep(1ms);
    });
    auto patient = switched_.spawn([](store& used) -> task<> {
      while (!used.asked_to_end) co_await sleep(1ms);
      while (used.asked_to_end) co_await sleep(1ms);
    });
    chosen_ = "coro";
    co_await switched_.follow();
    co_await polite.join();
    EXPECT_FALSE(patient.done());
    chosen_ = "fiber";
    co_await switched_.follow();
    co_await patient.join();
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, SideIsClosedThoughAskingToEndFails) {
  run([&]() -> task<> {
    switched<store>::functions how = functions();
    how.drain = [](store&) -> task<> {
      co_await sleep(1ms);
      throw std::runtime_error("nobody listens");
    };
    std::vector<std::string> told;
    switched<store> state(database_, how, {}, {.on_event = [&](const switch_event& event) {
                            told.push_back(event.message());
                          }});
    co_await state.open();
    auto slow = state.spawn([](store& used) -> task<> {
      co_await sleep(1s);
      EXPECT_TRUE(used.open);
    });
    co_await state.close();
    EXPECT_TRUE(slow.done());
    EXPECT_THAT(told, ElementsAre("subsystem 'database': the fiber side serves",
                                  "subsystem 'database': the fiber side gets no new work",
                                  "subsystem 'database': the fiber side could not ask what uses it "
                                  "to end: nobody listens",
                                  "subsystem 'database': the fiber side is closed"));
  });
}

TEST_P(SwitchedTest, StragglersAreReportedAndNotCutOff) {
  run([&]() -> task<> {
    co_await switched_.open();
    auto straggler = call(8s);
    auto in_time = call(4s);
    chosen_ = "coro";
    co_await switched_.follow();
    take_events();
    co_await sleep(4s);
    EXPECT_EQ(switched_.status().front().now, side_status::phase::draining);
    EXPECT_THAT(take_events(), IsEmpty());
    co_await sleep(2s);
    EXPECT_THAT(take_events(),
                ElementsAre(AllOf(
                    StartsWith("subsystem 'database': the fiber side is not closed yet, since it "
                               "is still used by\n  task " +
                               std::to_string(straggler.id()) +
                               " 'call' (subsystem database, fiber) has waited 5.001 s for sleep"),
                    testing::Not(HasSubstr("task " + std::to_string(in_time.id()) + ' ')))));
    EXPECT_EQ(co_await straggler.join(), "fiber1");
    co_await sleep(2ms);
    EXPECT_THAT(take_events(), ElementsAre("subsystem 'database': the fiber side is closed"));
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, ACallThatHasNotStartedUsesItsSide) {
  run([&]() -> task<> {
    co_await switched_.open();
    preparing_takes_ = {};
    auto queued = call({});
    auto cancelled_before = call({});
    cancelled_before.cancel();
    EXPECT_EQ(switched_.status().front().uses, 2U);
    EXPECT_EQ(co_await queued.join(), "fiber1");
    co_await settle();
    EXPECT_EQ(switched_.status().front().uses, 0U);
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, BlockingTextIsCalledToo) {
  subsystem unported(runtime_, "unported", {.portal_by_default = true});
  run([&]() -> task<> {
    switched<store> state(unported, functions());
    for (const char* name : {"fiber", "coro"}) {
      chosen_ = name;
      if (state.status().empty()) co_await state.open();
      co_await state.follow();
      auto call = state.spawn(
          [](store& used, const std::string& greeting) {
            await(sleep(1ms));
            return greeting + used.made_on;
          },
          std::string("from "));
      EXPECT_EQ(co_await call.join(), std::string("from ") + name);
    }
    co_await state.close();
  });
}

TEST_P(SwitchedTest, CancellingWhoPreparesChangesNothing) {
  run([&]() -> task<> {
    co_await switched_.open();
    preparing_takes_ = 1min;
    chosen_ = "coro";
    auto following = spawn([&]() -> task<> { co_await switched_.follow(); });
    co_await sleep(1s);
    EXPECT_THAT(co_await cancel_and_join(1s, following), IsEmpty());
    EXPECT_EQ(co_await call_and_join()(), "fiber1");
    EXPECT_EQ(switched_.status().size(), 1U);
    preparing_takes_ = 1ms;
    co_await switched_.follow();
    EXPECT_EQ(co_await call_and_join()(), "coro2");
    co_await switched_.close();
  });
}

TEST_P(SwitchedTest, WhatCannotBeClosedInOrderIsToldAndGone) {
  run([&]() -> task<> {
    co_await switched_.open();
    closing_fails_ = true;
    co_await switched_.close();
    EXPECT_EQ(take_events().back(),
              "subsystem 'database': the fiber side could not be closed in order: disk full");
    EXPECT_THAT(switched_.status(), IsEmpty());
  });
}

TEST_P(SwitchedTest, MisuseIsRefused) {
  run([&]() -> task<> {
    EXPECT_EQ(co_await outcome_of(call_and_join()),
              "usage_error: subsystem 'database': its state is not open; `open` comes first");
    co_await switched_.open();
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await switched_.open(); }),
              "usage_error: subsystem 'database': its state is opened a second time");
    co_await switched_.close();
    EXPECT_EQ(co_await outcome_of(call_and_join()),
              "usage_error: subsystem 'database': its state is closed");
    co_await switched_.follow();
    EXPECT_THAT(switched_.status(), IsEmpty());
  });
}

TEST_P(SwitchedTest, WithoutAListenerFailuresGoToTheLoop) {
  run([&]() -> task<> {
    switched<store> silent(database_, functions());
    co_await silent.open();
    unusable_ = chosen_ = "coro";
    co_await silent.follow();
    chosen_ = "fiber";
    co_await silent.close();
  });
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("the coro side cannot be prepared")));
}

// Whatever the order of flips, failures and calls, each call is answered once, by a side that is
// open for all of its time and on whose backend it stays; see `call` and `close`.
TEST_P(SwitchedTest, NothingIsLostOrServedTwiceWhateverTheOrder) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
    int answered = 0;
    constexpr int calls = 60;
    run([&]() -> task<> {
      switched<store> moved(database_, functions(), [this] { return std::vector{chosen_}; },
                            {.drain_time = 3ms, .on_event = [](const switch_event&) {}});
      chosen_ = "fiber";
      unusable_.clear();
      co_await moved.open();
      auto all = [&](task_group& group) -> task<> {
        for (int i = 0; i < calls; ++i) {
          if (below(3) == 0) {
            chosen_ = below(2) == 0 ? "fiber" : "coro";
            unusable_ = below(4) == 0 ? "fiber" : below(4) == 0 ? "coro" : "";
            group.spawn([&]() -> task<> { co_await moved.follow(); });
          }
          const duration time = below(8) * 1ms;
          group.spawn([&, time]() -> task<> {
            auto made = moved.spawn([&answered, time](store& used) -> task<> {
              const std::string on = backend_of_running_task();
              EXPECT_EQ(on, used.made_on);
              co_await sleep(time);
              EXPECT_TRUE(used.open);
              ++answered;
            });
            co_await made.join();
          });
          if (below(2) == 0) co_await sleep(below(3) * 1ms);
        }
      };
      co_await with_task_group(all);
      co_await moved.close();
    });
    ASSERT_EQ(answered, calls);
  }
}

}  // namespace
}  // namespace crossfade
