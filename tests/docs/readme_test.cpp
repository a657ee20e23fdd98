// The code in README.md is cut from the marked regions of this file; lint.docs compares the two.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

// region service-includes
#include "compat/lock.hpp"
#include "compat/loop.hpp"
#include "compat/sleep.hpp"
#include "compat/stall_watch.hpp"
#include "compat/subsystem.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"
#include "flags/file.hpp"
// endregion

namespace xf = crossfade;
using namespace std::chrono_literals;

namespace {

std::string flag_file(const std::string& backend) {
  const auto path =
      std::filesystem::temp_directory_path() / ("crossfade_readme_" + backend + ".json");
  std::ofstream(path) << R"({"flags": {"prices": {"state": "ENABLED",
      "variants": {"fiber": "fiber", "coro": "coro"}, "defaultVariant": ")"
                      << backend << R"("}}})";
  return path.string();
}

struct market {
  xf::lock mutex;
  int price = 100;

  xf::task<int> fetch() {
    co_await xf::sleep(1ms);
    co_return price++;
  }
};

namespace before {
// region before
int latest(market& m) {  // plain code on a fiber, its waits marked
  auto guard = xf::await(m.mutex.acquire());
  return xf::await(m.fetch());
}
// endregion
}  // namespace before

namespace after {
// region after
xf::task<int> latest(market& m) {  // runs on whichever backend the flag names
  auto guard = co_await m.mutex.acquire();
  co_return co_await m.fetch();
}
// endregion
}  // namespace after

// region percentage
xf::task<int> latest_for(std::string_view account, xf::subsystem& prices, market& m) {
  auto asked = prices.spawn({.targeting_key = account}, after::latest, std::ref(m));
  co_return co_await asked.join();
}
// endregion

int serve(const std::string& path) {
  // region service
  xf::flags::file flags{path};
  xf::loop loop;
  xf::fiber_backend::backend fiber{loop};
  xf::coro_backend::backend coro{loop};
  xf::runtime runtime{loop, {fiber, coro}, flags.chooser()};
  xf::subsystem prices{runtime, "prices"};

  market m;
  const int price = loop.run(coro, [&]() -> xf::task<int> {
    // Reads the flag once; this task, and all it spawns, stays on the backend it names.
    co_return co_await prices.spawn(after::latest, std::ref(m)).join();
  });
  // endregion
  return price;
}

}  // namespace

TEST(ReadmeTest, TheServiceRunsOnEitherBackend) {
  for (const std::string backend : {"fiber", "coro"}) {
    const std::string path = flag_file(backend);
    EXPECT_EQ(serve(path), 100);
    std::filesystem::remove(path);
  }
}

TEST(ReadmeTest, AnAccountIsServedOnTheBackendThatTheFlagHasForIt) {
  xf::loop loop{{.virtual_time = true}};
  xf::fiber_backend::backend fiber{loop};
  xf::coro_backend::backend coro{loop};
  xf::runtime runtime{loop, {fiber, coro}, [](std::string_view, std::string_view account) {
                        return account == "alice" ? std::string_view("coro") : std::string_view();
                      }};
  xf::subsystem prices{runtime, "prices"};
  market m;
  EXPECT_EQ(loop.run(fiber, [&] { return latest_for("alice", prices, m); }), 100);
  EXPECT_EQ(loop.run(fiber, [&] { return latest_for("bob", prices, m); }), 101);
  EXPECT_EQ(prices.counters()[0].spawned, 1U);
  EXPECT_EQ(prices.counters()[1].spawned, 1U);
}

TEST(ReadmeTest, AHalfPortedServiceWorks) {
  xf::loop loop{{.virtual_time = true}};
  xf::fiber_backend::backend fiber{loop};
  market m;
  const int sum = loop.run(fiber, [&] { return before::latest(m) + xf::await(after::latest(m)); });
  EXPECT_EQ(sum, 201);
}

TEST(ReadmeTest, AServiceThatIsWatchedRunsAsOneThatIsNot) {
  // region watch
  xf::loop loop{{.hold_limit = 5s}};  // reports who holds a lock that others want for longer
  xf::stall_watch watch{loop, {.limit = 100ms}};  // reports a turn that blocks the loop
  // endregion
  xf::coro_backend::backend coro{loop};
  market m;
  EXPECT_EQ(loop.run(coro, [&] { return after::latest(m); }), 100);
}
