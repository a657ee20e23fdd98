// What /metrics tells Prometheus.

#include "tests/portfolio/service/running_service.hpp"
#include "tests/portfolio/service/scrape.hpp"
#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace portfolio::blackbox {
namespace {

using nlohmann::json;

std::string labels(const std::string& subsystem, const std::string& backend) {
  return "{subsystem=\"" + subsystem + "\",backend=\"" + backend + "\"}";
}

class MetricsTest : public testing::TestWithParam<std::string> {
 protected:
  double value(const std::string& series) { return scrape(client_).at(series); }

  running_service service_{all_on(GetParam())};
  connection client_ = service_.client();
};

TEST_P(MetricsTest, CountTasksAsTheApiDoes) {
  EXPECT_TRUE(eventually([&] {  // somewhere there is something to count
    return value("crossfade_tasks_spawned_total" + labels("periodic", GetParam())) > 1;
  }));
  const json before = client_.get("/api/1/concurrency").result().at("subsystems");
  const samples scraped = scrape(client_);
  const json after = client_.get("/api/1/concurrency").result().at("subsystems");
  ASSERT_EQ(before.size(), subsystems.size());

  for (std::size_t i = 0; i < before.size(); ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      const json& least = before[i].at("backends")[j];
      const json& most = after[i].at("backends")[j];
      const std::string which = labels(before[i].at("name"), least.at("backend"));
      for (const std::string name : {"spawned", "failed", "cancelled", "waits"}) {
        const std::string family = name == "waits" ? "task_waits" : "tasks_" + name;
        const double count = scraped.at("crossfade_" + family + "_total" + which);
        EXPECT_GE(count, least.at(name)) << name << which;
        EXPECT_LE(count, most.at(name)) << name << which;
      }
    }
  }
  // Nothing but these three requests: each is a task that lives while it is answered.
  const auto of_http_api = [&](const json& shown, const char* name) {
    for (const json& system : shown) {
      if (system.at("name") != "http_api") continue;
      for (const json& counters : system.at("backends")) {
        if (counters.at("backend") == GetParam()) return counters.at(name).get<double>();
      }
    }
    return -1.0;
  };
  const std::string which = labels("http_api", GetParam());
  const double spawned = scraped.at("crossfade_tasks_spawned_total" + which);
  EXPECT_EQ(spawned, of_http_api(before, "spawned") + 1);
  EXPECT_EQ(spawned, of_http_api(after, "spawned") - 1);
  EXPECT_EQ(scraped.at("crossfade_tasks_live" + which), of_http_api(after, "live"));
}

TEST_P(MetricsTest, CountRootTasksByWhatTheyTook) {
  const std::string other = GetParam() == "fiber" ? "coro" : "fiber";
  const auto series = [](const std::string& line, const std::string& backend,
                         const std::string& outcome, const std::string& bound = "") {
    return "crossfade_root_task_seconds_" + line + "{backend=\"" + backend + "\",outcome=\"" +
           outcome + "\",subsystem=\"http_api\"" + bound + "}";
  };
  const std::string count = series("count", GetParam(), "ok");
  const std::string sum = series("sum", GetParam(), "ok");
  // A task's end is counted before its answer is sent, and after what it has read for it.
  const samples before = scrape(client_);
  const samples after = scrape(client_);
  EXPECT_EQ(after.at(count), before.at(count) + 1);
  EXPECT_GT(after.at(sum), before.at(sum));
  EXPECT_EQ(after.at(series("bucket", GetParam(), "ok", ",le=\"+Inf\"")), after.at(count));
  EXPECT_EQ(after.at(series("count", GetParam(), "failed")), 0);
  EXPECT_EQ(after.at(series("count", other, "ok")), 0) << "there from the beginning, at zero";
}

TEST_P(MetricsTest, TellThatAFlagFileIsRefused) {
  const samples good = scrape(client_);
  EXPECT_EQ(good.at("crossfade_flags_refusals_total"), 0);
  EXPECT_EQ(good.at("crossfade_flags_file_in_force"), 1);

  write_file(service_.flags(), "{ \"flags\": {");
  EXPECT_TRUE(eventually([&] { return value("crossfade_flags_refusals_total") > 0; }));
  const samples refused = scrape(client_);
  EXPECT_EQ(refused.at("crossfade_flags_file_in_force"), 0);
  EXPECT_EQ(refused.at("crossfade_flags_generation"), good.at("crossfade_flags_generation"));
  EXPECT_EQ(refused.at("crossfade_flag_chosen" + labels("tasks", GetParam())), 1);

  write_file(service_.flags(), flag_file(all_on(GetParam())));
  EXPECT_TRUE(eventually([&] { return value("crossfade_flags_file_in_force") == 1; }));
  EXPECT_GT(value("crossfade_flags_refusals_total"), 0) << "a counter only grows";
}

TEST_P(MetricsTest, TellWhatIsChosenAndWhatIsKilled) {
  const std::string other = GetParam() == "fiber" ? "coro" : "fiber";
  const samples before = scrape(client_);
  EXPECT_EQ(before.at("crossfade_flags_kill_switch"), 0);
  for (const std::string_view name : subsystems) {
    const std::string system(name);
    EXPECT_EQ(before.at("crossfade_flag_chosen" + labels(system, GetParam())), 1) << system;
    EXPECT_EQ(before.at("crossfade_flag_chosen" + labels(system, other)), 0) << system;
    EXPECT_EQ(before.at("crossfade_flag_killed{subsystem=\"" + system + "\"}"), 0) << system;
  }

  json flags = json::parse(flag_file(all_on(GetParam())));
  flags["flags"]["tasks"]["targeting"] =
      json::parse(R"({"fractional": [["coro", 125], ["fiber", 875]]})");
  write_file(service_.flags(), flags.dump());
  EXPECT_TRUE(
      eventually([&] { return value("crossfade_flag_coro_ratio{subsystem=\"tasks\"}") == 0.125; }));

  write_file(service_.flags().string() + ".kill", "tasks\n");
  samples killed;
  EXPECT_TRUE(eventually([&] {
    killed = scrape(client_);
    return killed.at("crossfade_flag_killed{subsystem=\"tasks\"}") == 1 &&
           killed.at("crossfade_flag_killed{subsystem=\"http_api\"}") == 0 &&
           killed.at("crossfade_flags_kill_switch") == 1 &&
           killed.at("crossfade_flag_coro_ratio{subsystem=\"tasks\"}") == 0;
  }));
  EXPECT_EQ(value("crossfade_flag_chosen" + labels("tasks", "fiber")), 1);
  std::filesystem::remove(service_.flags().string() + ".kill");
  EXPECT_TRUE(eventually([&] { return value("crossfade_flags_kill_switch") == 0; }));
}

TEST_P(MetricsTest, TellOfTheSidesAndOfWhatAShadowHasRepeated) {
  const auto side = [&](const std::string& backend, const std::string& phase) {
    return "crossfade_switch_sides{subsystem=\"database\",backend=\"" + backend + "\",phase=\"" +
           phase + "\"}";
  };
  const samples before = scrape(client_);
  for (const std::string backend : {"fiber", "coro"}) {
    EXPECT_EQ(before.at(side(backend, "serving")), backend == GetParam());
    EXPECT_EQ(before.at(side(backend, "draining")), 0);
    EXPECT_EQ(before.at(side(backend, "closing")), 0);
  }
  EXPECT_EQ(before.at("crossfade_shadow_calls_total{subsystem=\"database\",outcome=\"equal\"}"), 0);

  backends shadowed = all_on(GetParam());
  shadowed.at("database") = "shadow";
  write_file(service_.flags(), flag_file(shadowed));
  samples after;
  EXPECT_TRUE(eventually([&] {
    client_.get("/api/1/balances");
    after = scrape(client_);
    return after.at("crossfade_shadow_calls_total{subsystem=\"database\",outcome=\"equal\"}") > 4;
  }));
  EXPECT_EQ(after.at(side("fiber", "serving")), 1);
  EXPECT_EQ(after.at(side("coro", "serving")), 1);
  for (const std::string family : {"served", "repeated"}) {
    EXPECT_GT(after.at("crossfade_shadow_" + family + "_seconds_total{subsystem=\"database\"}"), 0);
  }
  EXPECT_EQ(after.at("crossfade_shadow_calls_total{subsystem=\"database\",outcome=\"different\"}"),
            0);
}

INSTANTIATE_TEST_SUITE_P(Flags, MetricsTest, testing::Values("fiber", "coro"),
                         [](const auto& on) { return on.param; });

}  // namespace
}  // namespace portfolio::blackbox
