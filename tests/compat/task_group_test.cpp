#include "compat/task_group.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "compat/event.hpp"
#include "compat/queue.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ElementsAre;
using testing::HasSubstr;

class TaskGroupTest : public pair_test {
 protected:
  // Runs a group with this body in the first cell and says how it ended.
  template <class Body>
  std::string end_of(Body body) {
    std::string end;
    backends_.run(GetParam().first, [&]() -> task<> {
      end = co_await outcome_of([&]() -> task<> { co_await with_task_group(body); });
    });
    return end;
  }
  task<> wait_forever() {
    try {
      co_await never_.wait();
    } catch (const cancelled& c) {
      reasons_.push_back(c.reason());
      throw;
    }
  }
  auto waiter() {
    return [this] { return wait_forever(); };
  }

  event never_;
  std::vector<std::string> reasons_;
};

TEST_P(TaskGroupTest, EndsWhenAllItsTasksHave) {
  int ended = 0;
  auto child = [&](duration length) -> task<> {
    co_await sleep(length);
    ++ended;
  };
  EXPECT_EQ(end_of([&](task_group& group) {
              a().spawn(group, child, 3ms);
              b().spawn(group, child, 5ms);
            }),
            "nothing thrown");
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(loop_.now().time_since_epoch(), 5ms);
}

TEST_P(TaskGroupTest, WithoutTasksEndsAtOnceWithTheValueOfItsBody) {
  backends_.run(GetParam().first, [&]() -> task<> {
    auto body = [](task_group&) -> task<int> { co_return 1; };
    EXPECT_EQ(co_await with_task_group(body), 1);
    auto plain = [](task_group&) { return 2; };
    EXPECT_EQ(co_await with_task_group(plain), 2);
  });
}

TEST_P(TaskGroupTest, TasksMaySpawnFurtherOnesIntoIt) {
  std::string order;
  auto leaf = [&](char name) -> task<> {
    co_await sleep(1ms);
    order += name;
  };
  EXPECT_EQ(end_of([&](task_group& group) {
              a().spawn(group, [&]() -> task<> {
                co_await sleep(1ms);
                b().spawn(group, leaf, '2');
                order += '1';
              });
            }),
            "nothing thrown");
  EXPECT_EQ(order, "12");
}

TEST_P(TaskGroupTest, FailureCancelsTheRestAndIsThrownAsItIs) {
  EXPECT_EQ(end_of([&](task_group& group) -> task<> {
              a().spawn(group, waiter());
              b().spawn(group, []() -> task<> {
                co_await sleep(1ms);
                throw std::runtime_error("one broke");
              });
              co_await wait_forever();
            }),
            "exception: one broke");
  const auto because = HasSubstr("another task of the group failed");
  EXPECT_THAT(reasons_, ElementsAre(because, because));
}

TEST_P(TaskGroupTest, FailureOfTheBodyCancelsTheTasks) {
  EXPECT_EQ(end_of([&](task_group& group) -> task<> {
              a().spawn(group, waiter());
              b().spawn(group, waiter());
              co_await settle();
              throw std::runtime_error("the body broke");
            }),
            "exception: the body broke");
  EXPECT_EQ(reasons_.size(), 2U);
}

TEST_P(TaskGroupTest, SeveralFailuresArriveTogetherInTheirOrder) {
  auto fail_while_cleaning = [&](const char* what) -> task<> {
    try {
      co_await never_.wait();
    } catch (const cancelled&) {
      throw std::runtime_error(what);
    }
  };
  EXPECT_EQ(end_of([&](task_group& group) -> task<> {
              a().spawn(group, fail_while_cleaning, "second");
              b().spawn(group, fail_while_cleaning, "third");
              co_await settle();
              throw std::runtime_error("first");
            }),
            "task_group_error: 3 tasks of the group failed: first; second; third");
}

TEST_P(TaskGroupTest, JoinedFailureIsSeenByTheJoinerAndTheGroup) {
  std::string joined;
  EXPECT_EQ(end_of([&](task_group& group) -> task<> {
              auto broken = a().spawn(group, []() -> task<> { throw std::runtime_error("oh"); });
              joined = co_await outcome_of([&]() -> task<> { co_await broken.join(); });
            }),
            "exception: oh");
  EXPECT_TRUE(joined == "exception: oh" || joined.starts_with("cancelled")) << joined;
}

TEST_P(TaskGroupTest, CancelledTaskIsNoFailure) {
  EXPECT_EQ(end_of([&](task_group& group) -> task<> {
              auto one = a().spawn(group, waiter());
              auto other = b().spawn(group, []() -> task<> { co_await sleep(1ms); });
              co_await settle();
              one.cancel("no longer needed");
              co_await other.join();
            }),
            "nothing thrown");
  EXPECT_THAT(reasons_, ElementsAre("no longer needed"));
}

TEST_P(TaskGroupTest, DroppedHandleCancelsNothing) {
  bool ended = false;
  EXPECT_EQ(end_of([&](task_group& group) {
              {
                const auto child = a().spawn(group, [&]() -> task<> {
                  co_await sleep(1ms);
                  ended = true;
                });
              }
            }),
            "nothing thrown");
  EXPECT_TRUE(ended);
}

TEST_P(TaskGroupTest, CancelEndsTasksAndBodyWithoutAnError) {
  bool never_ran = true;
  EXPECT_EQ(end_of([&](task_group& group) -> task<> {
              a().spawn(group, waiter());
              b().spawn(group, waiter());
              co_await settle();
              group.cancel("enough");
              b().spawn(group, [&]() -> task<> {  // too late: never starts
                never_ran = false;
                co_return;
              });
              co_await wait_forever();
            }),
            "nothing thrown");
  EXPECT_THAT(reasons_, ElementsAre("enough", "enough", "enough"));
  EXPECT_TRUE(never_ran);
}

TEST_P(TaskGroupTest, CancelBeforeTheBodyHasItsValueIsAnError) {
  backends_.run(GetParam().first, [&]() -> task<> {
    auto body = [&](task_group& group) -> task<int> {
      group.cancel();
      co_await never_.wait();
      co_return 1;
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_task_group(body); }),
                HasSubstr("task_cancelled: the group was cancelled"));
  });
}

TEST_P(TaskGroupTest, CancelledFromOutsideWaitsForItsTasksAndPassesItOn) {
  bool cleaned = false;
  std::string end;
  loop_test::run([&](task_group& outer) -> task<> {
    auto cleans_up = [&]() -> task<> {
      std::exception_ptr interruption;
      try {
        co_await never_.wait();
      } catch (...) {
        interruption = std::current_exception();
      }
      co_await sleep(1ms);
      cleaned = true;
      std::rethrow_exception(interruption);
    };
    auto body = [&](task_group& group) { b().spawn(group, cleans_up); };
    auto owner = a().spawn(outer, [&]() -> task<> {
      try {
        co_await with_task_group(body);
      } catch (...) {
        end = outcome(std::current_exception());
        EXPECT_TRUE(cleaned);
        throw;
      }
    });
    co_await settle();
    owner.cancel("from outside");
  });
  EXPECT_EQ(end, "cancelled: from outside");
}

TEST_P(TaskGroupTest, FailureDuringACancellationFromOutsideIsReported) {
  std::string end;
  loop_test::run([&](task_group& outer) -> task<> {
    auto breaks = [&]() -> task<> {
      try {
        co_await never_.wait();
      } catch (const cancelled&) {
        throw std::runtime_error("while cleaning up");
      }
    };
    auto body = [&](task_group& group) { b().spawn(group, breaks); };
    auto owner = a().spawn(outer, [&]() -> task<> {
      try {
        co_await with_task_group(body);
      } catch (...) {
        end = outcome(std::current_exception());
        throw;
      }
    });
    co_await settle();
    owner.cancel("from outside");
  });
  EXPECT_EQ(end, "cancelled: from outside");
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("while cleaning up")));
}

TEST_P(TaskGroupTest, GroupsNest) {
  EXPECT_EQ(end_of([&](task_group& outer) {
              a().spawn(outer, waiter());
              b().spawn(outer, [&]() -> task<> {
                auto inner_body = [&](task_group& inner) {
                  a().spawn(inner, waiter());
                  b().spawn(inner, []() -> task<> { throw std::runtime_error("inside"); });
                };
                co_await with_task_group(inner_body);
              });
            }),
            "exception: inside");
  EXPECT_EQ(reasons_.size(), 2U);
}

TEST_P(TaskGroupTest, NoTaskOutlivesItWhereverItsOwnerIsCancelled) {
  sweep(GetParam(), [where = GetParam()](const auto& play) {
    int alive = 0;
    queue<int> items(1);
    struct life {
      explicit life(int& n) : count(n) { ++count; }
      ~life() { --count; }
      int& count;
    };
    auto owner = [&]() -> task<> {
      const life owner_life(alive);
      auto child = [&]() -> task<> {
        const life child_life(alive);
        co_await sleep(1ms);
        co_await items.put(1);
        co_await checkpoint();
      };
      auto body = [&](task_group& group) -> task<> {
        group.spawn(child);
        group.spawn(child);
        co_await items.get();
        co_await items.get();
      };
      const int before = alive;
      std::exception_ptr end;
      try {
        co_await with_task_group(body);
      } catch (...) {
        end = std::current_exception();
      }
      EXPECT_LE(alive, before);
      if (end) std::rethrow_exception(end);
    };
    auto bystander = [&]() -> task<> { co_await sleep(1ms); };
    play({.before = {}, .victim = owner, .after = {bystander}});
    EXPECT_EQ(alive, 0);
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, TaskGroupTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
