// `crossfade ab --attach` at a service that serves with both backends.

#include "tests/portfolio/service/child.hpp"
#include "tests/portfolio/service/running_service.hpp"
#include "tests/portfolio/service/scrape.hpp"
#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

namespace portfolio::blackbox {
namespace {

using nlohmann::json;

class AttachTest : public testing::Test {
 protected:
  /// Has half of the accounts served by each side, and waits until the service knows.
  void roll_out_half() {
    json flags = json::parse(flag_file(all_on("fiber")));
    flags["flags"]["http_api"]["targeting"] =
        json::parse(R"({"fractional": [["coro", 50], ["fiber", 50]]})");
    write_file(service_.flags(), flags.dump());
    connection client = service_.client();
    ASSERT_TRUE(eventually([&] {
      const samples now = scrape(client);
      return now.at("crossfade_flag_coro_ratio{subsystem=\"http_api\"}") == 0.5;
    }));
  }

  /// Requests of twenty accounts, one after the other.
  std::jthread traffic() {
    return std::jthread([this](const std::stop_token& stop) {
      try {
        connection client = service_.client();
        for (int i = 0; !stop.stop_requested(); ++i) {
          client.get("/api/1/balances", "account-" + std::to_string(i % 20));
        }
      } catch (const std::exception& lost) {
        ADD_FAILURE() << lost.what();
      }
    });
  }

  /// What it says of http_api, and the status that it ends with.
  std::pair<json, int> attach() {
    const auto file = folder_.path() / "attach.json";
    child tool(
        {CROSSFADE, "ab", "--attach", "http://127.0.0.1:" + std::to_string(service_.port()),
         "--subsystem", "http_api", "--duration", "1s", "--interval", "100ms", "--json", file},
        folder_.path() / "attach.log");
    const auto status = tool.ended_within(long_enough);
    EXPECT_TRUE(status) << tool.log();
    return {json::parse(read_file(file)).at("subsystems").at(0), status.value_or(-1)};
  }

  const folder folder_;
  running_service service_{all_on("fiber")};
};

TEST_F(AttachTest, ComparesTheSidesThatShareTheWork) {
  roll_out_half();
  const std::jthread running = traffic();
  json found;
  int status = -1;
  // As often as it takes for both to have had something to do within an interval.
  ASSERT_TRUE(eventually([&] {
    std::tie(found, status) = attach();
    return found.contains("verdict");
  }));
  EXPECT_GT(found.at("fiber").at("tasks"), 0);
  EXPECT_GT(found.at("coro").at("tasks"), 0);
  EXPECT_GT(found.at("fiber").at("p99_seconds"), 0);
  EXPECT_GT(found.at("coro").at("mean_seconds"), 0);
  EXPECT_EQ(found.at("coro").at("failed"), 0);
  const std::string verdict = found.at("verdict");
  EXPECT_TRUE(verdict == "better" || verdict == "worse" || verdict == "same" ||
              verdict == "inconclusive")
      << verdict;
  EXPECT_EQ(status, verdict == "worse" ? 1 : 0);
}

TEST_F(AttachTest, SaysThatOneSideHasAllTheWork) {
  const auto [found, status] = attach();  // asking is work, too
  EXPECT_EQ(found.at("nothing_to_compare"),
            "nothing to compare: all of http_api's tasks went to fiber; roll out a percentage: "
            "crossfade flags rollout http_api 50");
  EXPECT_GT(found.at("fiber").at("tasks"), 0);
  EXPECT_EQ(found.at("coro").at("tasks"), 0);
  EXPECT_EQ(status, 3);
}

}  // namespace
}  // namespace portfolio::blackbox
