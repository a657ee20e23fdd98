// How the flags of a file choose the backend of what a subsystem spawns.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "compat/runtime.hpp"
#include "compat/subsystem.hpp"
#include "flags/file.hpp"
#include "test_kit/loop_test.hpp"
#include "tests/flags/allocations.hpp"
#include "tests/flags/scratch.hpp"
#include "tests/running_backend.hpp"

namespace crossfade::flags {
namespace {

using namespace test_kit;

/// A file whose flag `prices` moves this much of all accounts.
std::string rolled_out(int percent) {
  return R"({"flags": {"prices": {"state": "ENABLED", "defaultVariant": "fiber",
      "variants": {"fiber": "fiber", "coro": "coro"},
      "targeting": {"fractional": [["coro", )" +
         std::to_string(percent) + R"(], ["fiber", )" + std::to_string(100 - percent) + "]]}}}}";
}

/// Changes only where a test says so.
class flag_file {
 public:
  void roll_out(int percent) {
    write(path_, rolled_out(percent));
    file_.reload();
  }
  chooser choose() const { return file_.chooser(); }

 private:
  static fs::path written(fs::path path) {
    write(path, rolled_out(0));
    return path;
  }

  scratch_folder folder_;
  fs::path path_ = written(folder_ / "flags.json");
  // Looks at hints and at the clock so rarely that only `reload` counts.
  file file_{path_, {.poll_interval = 1h, .quiet = 1h}};
};

std::string account(std::size_t number) { return "account-" + std::to_string(number); }

class ChoosingTest : public loop_test {
 protected:
  flag_file flags_;
  runtime runtime_{loop_, {backends_.fiber, backends_.coro}, flags_.choose()};
  subsystem prices_{runtime_, "prices"};
};

TEST_F(ChoosingTest, GrowingAPercentageNeverMovesAnAccountBack) {
  std::vector<std::string> accounts(10'000);
  for (std::size_t i = 0; i < accounts.size(); ++i) accounts[i] = account(i);
  std::vector<char> on_coro(accounts.size());
  for (int percent = 0; percent <= 100; ++percent) {
    flags_.roll_out(percent);
    std::size_t moved_back = 0;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      const bool now = prices_.chosen(accounts[i]).name() == "coro";
      moved_back += !now && on_coro[i];
      on_coro[i] = now;
    }
    EXPECT_EQ(moved_back, 0U) << "at " << percent << '%';
    const auto share = static_cast<double>(std::count(on_coro.begin(), on_coro.end(), true)) / 100;
    EXPECT_NEAR(share, percent, 2);
  }
  EXPECT_EQ(std::count(on_coro.begin(), on_coro.end(), true), 10'000);
}

TEST_F(ChoosingTest, TaskForNobodyInParticularGetsTheDefaultVariant) {
  flags_.roll_out(100);
  EXPECT_EQ(prices_.chosen().name(), "fiber");
  EXPECT_EQ(prices_.chosen("alice").name(), "coro");
}

TEST_F(ChoosingTest, AllocatesNothing) {
  flags_.roll_out(50);
  const std::string_view long_key = "account-0123456789abcdef0123456789abcdef0123456789abcdef";
  const std::size_t before = allocations();
  const backend& first = prices_.chosen(long_key);  // takes the new snapshot over
  const backend& again = prices_.chosen(long_key);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(&first, &again);
}

/// A task in some cell spawns the roots.
class ChoiceTest : public cell_test {
 protected:
  flag_file flags_;
  runtime runtime_{loop_, {backends_.fiber, backends_.coro}, flags_.choose()};
  subsystem prices_{runtime_, "prices"};
};

TEST_P(ChoiceTest, HoldsForAllThatTheRootSpawnsThoughTheFlagChanges) {
  flags_.roll_out(50);
  std::size_t on_coro = 0;
  run([&]() -> task<> {
    auto grandchild = [&](std::string_view chosen) {
      EXPECT_EQ(backend_of_running_task(), chosen);
    };
    auto child = [&](std::string_view chosen) -> task<> {
      co_await checkpoint();
      EXPECT_EQ(backend_of_running_task(), chosen);
      auto below = spawn(grandchild, chosen);
      co_await below.join();
    };
    auto root = [&](std::string_view chosen) -> task<> {
      EXPECT_EQ(backend_of_running_task(), chosen);
      co_await checkpoint();  // the flag has changed when it goes on
      auto body = [&](task_group& group) { group.spawn(child, chosen); };
      co_await with_task_group(body);
    };
    std::vector<handle<void>> roots;
    for (std::size_t i = 0; i < 40; ++i) {
      const std::string key = account(i);
      const std::string_view chosen = prices_.chosen(key).name();
      on_coro += chosen == "coro";
      roots.push_back(prices_.spawn({.name = "root", .targeting_key = key}, root, chosen));
    }
    co_await checkpoint();
    flags_.roll_out(0);
    for (handle<void>& each : roots) co_await each.join();
  });
  EXPECT_GT(on_coro, 0U);
  EXPECT_LT(on_coro, 40U);
  // A root, a child and a grandchild each.
  EXPECT_EQ(prices_.counters()[0].spawned, 3 * (40 - on_coro));
  EXPECT_EQ(prices_.counters()[1].spawned, 3 * on_coro);
}

INSTANTIATE_TEST_SUITE_P(Cells, ChoiceTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade::flags
