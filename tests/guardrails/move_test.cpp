#include "flags/guardrails/guardrail.hpp"
#include "flags/guardrails/retreat.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

#include "compat/runtime.hpp"
#include "compat/subsystem.hpp"
#include "flags/file.hpp"
#include "flags/store.hpp"
#include "test_kit/loop_test.hpp"
#include "tests/flags/scratch.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::HasSubstr;
using what = flags::guardrail_verdict::what;

/// A service in small: a flag file, a subsystem that follows it, and a guardrail over that.
class MoveTest : public loop_test {
 protected:
  static std::string canary(const std::string& percent, const std::string& rest) {
    return R"({"flags": {"prices": {"state": "ENABLED", "defaultVariant": "fiber",
      "variants": {"fiber": "fiber", "coro": "coro"}, "targeting": {"fractional": [["coro", )" +
           percent + R"(], ["fiber", )" + rest + "]]}}}}";
  }
  flags::guardrail::clock::time_point now() {
    return flags::guardrail::clock::time_point(loop_.now() - time_point());
  }

  /// Calls of as many accounts, each of whose backend has a latency and failures of its own.
  task<> serve(int accounts, duration coro_takes, int coro_fails_of_ten) {
    for (int i = 0; i < accounts; ++i) {
      const std::string account = "account-" + std::to_string(i);
      const bool coro = prices_.chosen(account).name() == "coro";
      const duration takes = coro ? coro_takes : duration(20ms);
      const bool fails = coro && i % 10 < coro_fails_of_ten;
      auto call = [takes, fails]() -> task<> {
        co_await sleep(takes);
        if (fails) throw std::runtime_error("the exchange hangs up");
      };
      auto called = prices_.spawn({.name = "call", .targeting_key = account}, call);
      auto join = [&]() -> task<> { co_await called.join(); };
      const std::string outcome = co_await outcome_of(join);
      EXPECT_EQ(outcome.find("hangs up") != std::string::npos, fails) << outcome;
    }
  }
  // region look
  /// What a service does every second, say.
  flags::guardrail_verdict look() {
    const flags::guardrail_verdict verdict = rail_.judge(now());
    if (verdict.kind == flags::guardrail_verdict::what::breach) {
      flags::retreat(store_, "prices", "fiber", verdict.text());
      rail_.reset();
    }
    return verdict;
  }
  // endregion
  std::string default_of_everybody() {
    file_.reload();
    std::string found(prices_.chosen("account-0").name());
    for (int i = 1; i < 100; ++i) {
      if (prices_.chosen("account-" + std::to_string(i)).name() != found) return "both";
    }
    return found;
  }

  flags::scratch_folder folder_;
  flags::store store_{[this] {
    flags::write(folder_ / "flags.json", canary("30", "70"));
    return folder_ / "flags.json";
  }()};
  flags::file file_{store_.file()};
  flags::guardrail rail_{{.window = 1h, .more_failures = 0.05}};
  runtime runtime_{loop_, {backends_.fiber, backends_.coro}, file_.chooser()};
  // region record
  subsystem prices_{runtime_, "prices", {.on_ended = [this](const ended_root& root) {
                      if (!root.cancelled) {
                        rail_.record(root.backend, root.took, root.failed, now());
                      }
                    }}};
  // endregion
};

TEST_F(MoveTest, GoesOnWhileBothSidesAreTheSame) {
  loop_.run(backends_.coro, [&]() -> task<> { co_await serve(1000, 20ms, 0); });
  EXPECT_EQ(look().kind, what::within);
  EXPECT_EQ(default_of_everybody(), "both");
}

TEST_F(MoveTest, GoesBackByItselfWhenTheNewSideFails) {
  loop_.run(backends_.coro, [&]() -> task<> { co_await serve(1000, 20ms, 3); });
  EXPECT_EQ(look().kind, what::breach);
  EXPECT_EQ(default_of_everybody(), "fiber");
  EXPECT_EQ(store_.audit().back().note.verb, "guardrail");
  EXPECT_THAT(store_.audit().back().note.reason, HasSubstr("points more"));
}

TEST_F(MoveTest, GoesBackByItselfWhenTheNewSideIsSlow) {
  loop_.run(backends_.coro, [&]() -> task<> { co_await serve(1000, 40ms, 0); });
  EXPECT_EQ(look().kind, what::breach);
  EXPECT_EQ(default_of_everybody(), "fiber");
  EXPECT_THAT(store_.audit().back().note.reason, HasSubstr("takes 2.000 times as long"));
}

TEST_F(MoveTest, WaitsForEnoughCalls) {
  loop_.run(backends_.coro, [&]() -> task<> { co_await serve(200, 40ms, 10); });
  EXPECT_EQ(look().kind, what::hold) << "30 % of 200 calls are too few";
  EXPECT_EQ(default_of_everybody(), "both");
}

}  // namespace
}  // namespace crossfade
