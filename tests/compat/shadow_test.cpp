#include "compat/shadow.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include "compat/event.hpp"
#include "compat/runtime.hpp"
#include "compat/switched.hpp"
#include "test_kit/loop_test.hpp"
#include "tests/running_backend.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

bool is_repeat() { return backend_of_running_task() == "coro"; }

// The caller is in the cell of the parameter.
class ShadowTest : public cell_test {
 protected:
  std::string chosen_ = "shadow";
  runtime runtime_{
      loop_, {backends_.fiber, backends_.coro}, [this](std::string_view, std::string_view key) {
        return key == "fiber" ? key : std::string_view(chosen_);
      }};
  subsystem prices_{runtime_, "prices"};
  shadow shadow_{prices_, {.most_at_once = 2, .time_limit = 1s, .keep = 3}};
};
INSTANTIATE_TEST_SUITE_P(Cells, ShadowTest, cells(), cell_name);

TEST_P(ShadowTest, CallIsServedByTheDefaultAndRepeatedOnTheOther) {
  std::string order;
  auto price = [&](int amount) -> task<int> {
    order += backend_of_running_task() + ' ';
    co_await sleep(is_repeat() ? 20ms : 10ms);
    co_return amount * 2;
  };
  run([&]() -> task<> {
    EXPECT_EQ(co_await shadow_.call(prices_, {.name = "price"}, price, 21), 42);
    EXPECT_EQ(order, "fiber ") << "the caller does not wait for the repeat";
    co_await sleep(1s);
    EXPECT_EQ(order, "fiber coro ");
    EXPECT_EQ(shadow_.counters().equal, 1U);
    EXPECT_EQ(shadow_.counters().served_in, 10ms);
    EXPECT_EQ(shadow_.counters().repeated_in, 20ms);
    EXPECT_THAT(shadow_.differences(), IsEmpty());
  });
}

TEST_P(ShadowTest, NothingIsRepeatedUnlessTheFlagSaysSo) {
  int calls = 0;
  auto count = [&] { ++calls; };
  run([&]() -> task<> {
    co_await shadow_.call(prices_, {.name = "count", .targeting_key = "fiber"}, count);
    chosen_ = "fiber";
    co_await shadow_.call(prices_, {.name = "count"}, count);
    chosen_ = "coro";
    co_await shadow_.call(prices_, {.name = "count"}, count);
    co_await sleep(1s);
  });
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(shadow_.counters().equal, 0U);
}

TEST_P(ShadowTest, OtherValueIsKeptWithWhatItTakesToSeeItAgain) {
  auto price = [](const std::string& asset) -> task<std::string> {
    co_await sleep(1ms);
    co_return asset + (is_repeat() ? " 41" : " 42");
  };
  run([&]() -> task<> {
    const shadow_call what{.name = "price", .targeting_key = "alice", .arguments = "asset=BTC"};
    EXPECT_EQ(co_await shadow_.call(prices_, what, price, std::string("BTC")), "BTC 42");
    co_await sleep(1s);
  });
  ASSERT_THAT(shadow_.differences(), SizeIs(1));
  const shadow_difference& found = shadow_.differences().front();
  EXPECT_EQ(found.call, "price");
  EXPECT_EQ(found.targeting_key, "alice");
  EXPECT_EQ(found.arguments, "asset=BTC");
  EXPECT_EQ(found.served, "BTC 42");
  EXPECT_EQ(found.repeated, "BTC 41");
  EXPECT_EQ(found.served_in, 1ms);
  EXPECT_EQ(shadow_.counters().different, 1U);
}

TEST_P(ShadowTest, ErrorsAreComparedByTheirType) {
  struct own_error {};
  auto same_type = []() -> task<int> { throw std::out_of_range(backend_of_running_task()); };
  auto other_type = []() -> task<int> {
    if (is_repeat()) throw own_error();
    throw std::out_of_range("no such asset");
  };
  auto only_repeat = [] {
    if (is_repeat()) throw std::runtime_error("not ported yet");
  };
  run([&]() -> task<> {
    EXPECT_EQ(co_await outcome_of([&]() -> task<> {
                static_cast<void>(co_await shadow_.call(prices_, {.name = "a"}, same_type));
              }),
              "exception: fiber");
    co_await sleep(1s);
    EXPECT_EQ(shadow_.counters().equal, 1U);
    co_await outcome_of([&]() -> task<> {
      static_cast<void>(co_await shadow_.call(prices_, {.name = "b"}, other_type));
    });
    co_await shadow_.call(prices_, {.name = "c"}, only_repeat);
    co_await sleep(1s);
  });
  ASSERT_THAT(shadow_.differences(), SizeIs(2));
  EXPECT_EQ(shadow_.differences()[0].served, "std::out_of_range: no such asset");
  EXPECT_THAT(shadow_.differences()[0].repeated, HasSubstr("own_error"));
  EXPECT_EQ(shadow_.differences()[1].served, "ended");
  EXPECT_EQ(shadow_.differences()[1].repeated, "std::runtime_error: not ported yet");
}

TEST_P(ShadowTest, BudgetBoundsTheRepeatsUnderWay) {
  event go_on;
  auto held_back = [&]() -> task<> {
    if (is_repeat()) co_await go_on.wait();
  };
  run([&]() -> task<> {
    for (int i = 0; i < 5; ++i) co_await shadow_.call(prices_, {.name = "call"}, held_back);
    EXPECT_EQ(shadow_.counters().over_budget, 3U);
    go_on.set();
    co_await settle();
    EXPECT_EQ(shadow_.counters().equal, 2U);
    co_await shadow_.call(prices_, {.name = "call"}, held_back);
    co_await settle();
    EXPECT_EQ(shadow_.counters().equal, 3U);
  });
}

TEST_P(ShadowTest, RepeatThatTakesTooLongIsCancelled) {
  bool cut = false;
  auto slow = [&]() -> task<> {
    if (!is_repeat()) co_return;
    try {
      co_await sleep(1h);
    } catch (const cancelled&) {
      cut = true;
      throw;
    }
  };
  run([&]() -> task<> {
    co_await shadow_.call(prices_, {.name = "slow"}, slow);
    co_await sleep(2s);
  });
  EXPECT_TRUE(cut);
  EXPECT_EQ(shadow_.counters().late, 1U);
  EXPECT_EQ(shadow_.counters().different, 0U);
}

TEST_P(ShadowTest, StoppingCancelsTheRepeatsAndBeginsNone) {
  int begun = 0;
  int ended = 0;
  auto slow = [&]() -> task<> {
    if (!is_repeat()) co_return;
    ++begun;
    co_await sleep(500ms);
    ++ended;
  };
  run([&]() -> task<> {
    co_await shadow_.call(prices_, {.name = "slow"}, slow);
    co_await sleep(1ms);
    co_await shadow_.stop();
    co_await shadow_.call(prices_, {.name = "slow"}, slow);
    co_await sleep(1s);
  });
  EXPECT_EQ(begun, 1);
  EXPECT_EQ(ended, 0);
}

TEST_P(ShadowTest, CancelledCallerIsNotRepeated) {
  int calls = 0;
  auto slow = [&]() -> task<> {
    ++calls;
    co_await sleep(1h);
  };
  run([&]() -> task<> {
    auto caller =
        spawn([&]() -> task<> { co_await shadow_.call(prices_, {.name = "slow"}, slow); });
    co_await sleep(1ms);
    caller.cancel();
    co_await sleep(1s);
  });
  EXPECT_EQ(calls, 1);
}

TEST_P(ShadowTest, OfSwitchedStateRepeatsOnTheStateOfTheOtherSide) {
  struct store {
    std::string made_on;
    bool operator==(const store&) const = default;
  };
  auto prepare = [](backend& on) -> task<std::unique_ptr<store>> {
    co_return std::make_unique<store>(store{std::string(on.name())});
  };
  auto read = [](store& from) -> task<store> {
    EXPECT_EQ(from.made_on, backend_of_running_task());
    co_return from;
  };
  run([&]() -> task<> {
    switched<store> state(prices_, {.prepare = prepare}, {}, {.on_event = [](const auto&) {}});
    co_await state.open();
    EXPECT_THAT(state.status(), SizeIs(2)) << "both sides serve a shadow";
    EXPECT_EQ((co_await shadow_.call(state, {.name = "read"}, read)).made_on, "fiber");
    co_await settle();
    co_await state.close();
  });
  ASSERT_THAT(shadow_.differences(), SizeIs(1));
  EXPECT_THAT(shadow_.differences().front().served, HasSubstr("store"));
}

TEST_P(ShadowTest, TheNewestDifferencesAreKept) {
  auto differs = [](int n) -> task<std::string> {
    co_return std::to_string(n) + backend_of_running_task();
  };
  run([&]() -> task<> {
    for (int n = 0; n < 5; ++n) {
      co_await shadow_.call(prices_, {.name = "call"}, differs, n);
      co_await settle();
    }
  });
  ASSERT_THAT(shadow_.differences(), SizeIs(3));
  EXPECT_EQ(shadow_.differences().front().repeated, "2coro");
  EXPECT_EQ(shadow_.counters().different, 5U);
}

}  // namespace
}  // namespace crossfade
