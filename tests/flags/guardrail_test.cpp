#include "flags/guardrails/guardrail.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <stdexcept>

namespace crossfade::flags {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ThrowsMessage;
using what = guardrail_verdict::what;

/// Calls one after the other, each side's with a latency and a share of failures of its own.
class GuardrailTest : public testing::Test {
 protected:
  void serve(guardrail& rail, int calls, double slower, double fiber_fails, double coro_fails) {
    for (int i = 0; i < calls; ++i) {
      now_ += 10ms;
      rail.record("fiber", latency(1), fails(fiber_fails), now_);
      rail.record("coro", latency(slower), fails(coro_fails), now_);
    }
  }
  std::chrono::nanoseconds latency(double factor) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(1e8 * factor * spread_(random_)));
  }
  bool fails(double share) { return std::uniform_real_distribution<double>()(random_) < share; }

  std::mt19937 random_{3};
  std::lognormal_distribution<double> spread_{0, 0.5};
  guardrail::clock::time_point now_{1h};
};

TEST_F(GuardrailTest, HoldsWhileThereAreTooFewCalls) {
  guardrail rail({.least = 100});
  serve(rail, 99, 50, 0, 1);  // bad as it looks
  const guardrail_verdict verdict = rail.judge(now_);
  EXPECT_EQ(verdict.kind, what::hold);
  EXPECT_EQ(verdict.candidate.calls, 99U);
  EXPECT_FALSE(verdict.more_failures || verdict.time_ratio);

  serve(rail, 1, 50, 0, 1);
  EXPECT_EQ(rail.judge(now_).kind, what::breach);
}

TEST_F(GuardrailTest, HoldsWhileOneSideHasNothingToDo) {
  guardrail rail({.least = 10});
  for (int i = 0; i < 100; ++i) rail.record("coro", 1ms, true, now_);
  EXPECT_EQ(rail.judge(now_).kind, what::hold);
}

TEST_F(GuardrailTest, IsBreachedByFailures) {
  guardrail rail;
  serve(rail, 1000, 1, 0.01, 0.08);
  const guardrail_verdict verdict = rail.judge(now_);
  EXPECT_EQ(verdict.kind, what::breach);
  EXPECT_GT(verdict.more_failures->low, 0.01);
  EXPECT_LT(verdict.time_ratio->low, 1.25);
  EXPECT_THAT(verdict.text(), HasSubstr("breach in 60.0 s; fiber: 1000 calls, "));
  EXPECT_THAT(verdict.text(), HasSubstr("points more"));
}

TEST_F(GuardrailTest, IsBreachedByLatency) {
  guardrail rail;
  serve(rail, 1000, 1.6, 0, 0);
  const guardrail_verdict verdict = rail.judge(now_);
  EXPECT_EQ(verdict.kind, what::breach);
  EXPECT_GT(verdict.time_ratio->low, 1.25);
}

// 6 of 10 microseconds more are more than a quarter, and nothing that anybody notices.
TEST_F(GuardrailTest, GrantsAShortCallWhatNobodyNotices) {
  guardrail rail;
  for (int i = 0; i < 1000; ++i) {
    rail.record("fiber", 10us, false, now_);
    rail.record("coro", 16us, false, now_);
  }
  EXPECT_EQ(rail.judge(now_).kind, what::within);

  guardrail strict({.slower_by = 5us});
  for (int i = 0; i < 1000; ++i) {
    strict.record("fiber", 10us, false, now_);
    strict.record("coro", 16us, false, now_);
  }
  const guardrail_verdict verdict = strict.judge(now_);
  EXPECT_EQ(verdict.kind, what::breach);
  EXPECT_THAT(verdict.text(), HasSubstr("takes 1.600 times as long (1.600 to 1.600), +0.006 ms"));
}

TEST_F(GuardrailTest, GrantsWhatIsGranted) {
  guardrail rail;
  serve(rail, 1000, 1.1, 0.02, 0.02);
  const guardrail_verdict verdict = rail.judge(now_);
  EXPECT_EQ(verdict.kind, what::within) << verdict.text();
}

TEST_F(GuardrailTest, HardlyEverCriesWhereBothSidesAreTheSame) {
  guardrail rail({.most = 500});
  int breaches = 0;
  for (int second = 0; second < 300; ++second) {
    serve(rail, 50, 1, 0.03, 0.03);
    breaches += rail.judge(now_).kind == what::breach;
  }
  EXPECT_EQ(breaches, 0);
}

// A failure that answers at once is no fast call.
TEST_F(GuardrailTest, TimesOnlyWhatDidNotFail) {
  guardrail rail({.more_failures = 0.9});
  for (int i = 0; i < 500; ++i) {
    rail.record("fiber", latency(1), false, now_);
    rail.record("coro", i % 2 == 0 ? 1ns : latency(3), i % 2 == 0, now_);
  }
  EXPECT_EQ(rail.judge(now_).kind, what::breach);
}

TEST_F(GuardrailTest, ForgetsWhatIsOlderThanItsWindow) {
  guardrail rail({.window = 60s, .least = 100});
  serve(rail, 500, 5, 0, 0.5);
  EXPECT_EQ(rail.judge(now_).kind, what::breach);
  EXPECT_EQ(rail.judge(now_ + 61s).kind, what::hold);
}

// In the time in which one side has used up its places the other had a bad start: long ago by then.
TEST_F(GuardrailTest, LooksAtBothSidesOverTheSameTime) {
  guardrail rail({.least = 50, .most = 500});
  for (int i = 0; i < 100; ++i) rail.record("coro", 1s, true, now_);
  now_ += 1s;
  serve(rail, 500, 1, 0, 0);
  const guardrail_verdict verdict = rail.judge(now_);
  EXPECT_EQ(verdict.candidate.failed, 0U);
  EXPECT_EQ(verdict.kind, what::within);
}

TEST_F(GuardrailTest, JudgesAnewAfterAReset) {
  guardrail rail;
  serve(rail, 500, 5, 0, 0.5);
  rail.reset();
  EXPECT_EQ(rail.judge(now_).kind, what::hold);
}

TEST_F(GuardrailTest, CountsNobodyElsesCalls) {
  guardrail rail({.least = 1});
  rail.record("threads", 1ms, true, now_);
  const guardrail_verdict verdict = rail.judge(now_);
  EXPECT_EQ(verdict.baseline.calls + verdict.candidate.calls, 0U);
}

TEST(GuardrailOptionsTest, AreRefusedWhenTheyMakeNoSense) {
  const auto refuses = [](guardrail_options options, const char* why) {
    EXPECT_THAT([&] { guardrail rail(options); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(why)));
  };
  refuses({.baseline = "coro"}, "two sides");
  refuses({.window = 0s}, "a window");
  refuses({.least = 0}, "`least`");
  refuses({.least = 3000}, "`least`");
  refuses({.more_failures = 1}, "`more_failures`");
  refuses({.slower = -1}, "`slower`");
  refuses({.confidence = 1}, "a confidence");
}

}  // namespace
}  // namespace crossfade::flags
