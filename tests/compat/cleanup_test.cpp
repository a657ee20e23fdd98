#include "compat/cleanup.hpp"

#include <memory>
#include <string>

#include "compat/event.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ElementsAre;
using testing::StartsWith;

class CleanupTest : public cell_test {
 protected:
  std::string order_;
  event never_;
};

TEST_P(CleanupTest, RunsAfterAValueAndGivesIt) {
  run([&]() -> task<> {
    auto cleanup = [&]() -> task<> {
      co_await checkpoint();
      order_ += 'c';
    };
    auto body = [&]() -> task<std::unique_ptr<int>> {
      co_await checkpoint();
      order_ += 'b';
      co_return std::make_unique<int>(7);
    };
    EXPECT_EQ(*co_await try_finally(body, cleanup), 7);
    int object = 0;
    auto plain = [&]() -> int& { return object; };
    EXPECT_EQ(&co_await try_finally(plain, cleanup), &object);
    auto nothing = [&] { order_ += 'n'; };
    co_await try_finally(nothing, [&] { order_ += 'p'; });
  });
  EXPECT_EQ(order_, "bccnp");
}

TEST_P(CleanupTest, RunsAfterAFailureWhichGoesOn) {
  run([&]() -> task<> {
    auto body = []() -> task<> {
      co_await checkpoint();
      throw 1;
    };
    auto cleanup = [&]() -> task<> {
      co_await sleep(1ms);
      order_ += 'c';
    };
    EXPECT_THROW(co_await try_finally(body, cleanup), int);
  });
  EXPECT_EQ(order_, "c");
}

TEST_P(CleanupTest, WaitsAlsoInACancelledTask) {
  run([&]() -> task<> {
    auto victim = spawn([&]() -> task<> {
      auto body = [&]() -> task<> { co_await never_.wait(); };
      auto cleanup = [&]() -> task<> {
        order_ += 'c';
        co_await sleep(1ms);
        order_ += 'd';
      };
      co_await try_finally(body, cleanup);
      order_ += '!';
    });
    co_await checkpoint();
    victim.cancel("enough");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await victim.join(); }),
                testing::EndsWith("was cancelled: enough"));
  });
  EXPECT_EQ(order_, "cd");
}

TEST_P(CleanupTest, ItsFailureIsThrownAfterAValueAndReportedAfterAFailure) {
  run([]() -> task<> {
    auto cleanup = []() -> task<> {
      co_await checkpoint();
      throw std::runtime_error("clean-up");
    };
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await try_finally([] {}, cleanup); }),
              "exception: clean-up");
    auto body = [] { throw std::runtime_error("body"); };
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await try_finally(body, cleanup); }),
              "exception: body");
  });
  EXPECT_THAT(take_reports(), ElementsAre("clean-up"));
}

TEST_P(CleanupTest, HasItsOwnTimeLimitInsideAnExpiredOne) {
  run([&]() -> task<> {
    auto body = [&]() -> task<> { co_await never_.wait(); };
    auto hangs = [&]() -> task<> { co_await never_.wait(); };
    auto cleanup = [&]() -> task<> {
      co_await outcome_of([&]() -> task<> { co_await with_timeout(5ms, hangs); });
      order_ += 'c';
    };
    auto both = [&]() -> task<> { co_await try_finally(body, cleanup); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, both); }),
                StartsWith("timeout_error"));
  });
  EXPECT_EQ(order_, "c");
}

TEST_P(CleanupTest, HandlerMayWaitAndGiveAValue) {
  run([]() -> task<> {
    auto body = []() -> task<int> {
      co_await checkpoint();
      throw std::runtime_error("first");
    };
    auto handler = [](const std::exception_ptr& error) -> task<int> {
      co_await sleep(1ms);
      co_return static_cast<int>(describe(error).size());
    };
    EXPECT_EQ(co_await try_except(body, handler), 5);
    auto fine = []() -> task<int> { co_return 1; };
    EXPECT_EQ(co_await try_except(fine, handler), 1);
    auto plain = []() -> int { throw 1; };
    EXPECT_EQ(co_await try_except(plain, [](const std::exception_ptr&) { return 2; }), 2);
  });
}

TEST_P(CleanupTest, HandlerThatThrowsDecides) {
  run([&]() -> task<> {
    auto body = [&]() -> task<> { co_await never_.wait(); };
    auto handler = [&](const std::exception_ptr& error) -> task<> {
      order_ += 'h';
      co_await checkpoint();  // the cancellation has come: nothing is pending
      std::rethrow_exception(error);
    };
    auto victim = spawn([&]() -> task<> { co_await try_except(body, handler); });
    co_await checkpoint();
    victim.cancel();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await victim.join(); }),
                StartsWith("task_cancelled"));
  });
  EXPECT_EQ(order_, "h");
}

class CleanupSweepTest : public pair_test {};

TEST_P(CleanupSweepTest, RunsOnceForEachBodyThatBegan) {
  sweep(GetParam(), [](const auto& play) {
    int begun = 0;
    int cleaned = 0;
    auto user = [&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        auto body = [&]() -> task<> {
          ++begun;
          co_await checkpoint();
          co_await sleep(1ms);
        };
        auto cleanup = [&]() -> task<> {
          ++cleaned;
          co_await checkpoint();
        };
        co_await try_finally(body, cleanup);
      }
    };
    play({.before = {user}, .victim = user, .after = {user}});
    EXPECT_EQ(cleaned, begun);
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, CleanupTest, cells(), cell_name);
INSTANTIATE_TEST_SUITE_P(Hosts, CleanupSweepTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
