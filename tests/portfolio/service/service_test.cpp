// What the service promises, whichever backends its subsystems are on.

#include "tests/portfolio/service/database_file.hpp"
#include "tests/portfolio/service/running_service.hpp"
#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <future>
#include <set>
#include <sstream>
#include <string>

namespace portfolio::blackbox {
namespace {

using nlohmann::json;

/// Decimals as whole numbers of 1e-8, read in the simplest way there is.
std::int64_t units(const std::string& text) {
  const auto point = text.find('.');
  std::string digits = text.substr(0, point);
  const std::string decimals = point == std::string::npos ? "" : text.substr(point + 1);
  return std::stoll(digits + decimals + std::string(8 - decimals.size(), '0'));
}

/// a * b in 1e-8, half to even.
std::int64_t product(std::int64_t a, std::int64_t b) {
  constexpr __int128 one = 100'000'000;
  const bool negative = (a < 0) != (b < 0);
  const __int128 exact = static_cast<__int128>(a) * b * (negative ? -1 : 1);
  __int128 whole = exact / one;
  const __int128 twice_the_rest = exact % one * 2;
  if (twice_the_rest > one || (twice_the_rest == one && whole % 2 != 0)) ++whole;
  return static_cast<std::int64_t>(negative ? -whole : whole);
}

std::map<std::string, std::int64_t> amounts(const json& balances) {
  std::map<std::string, std::int64_t> found;
  for (const json& row : balances.at("assets")) {
    found[row.at("asset")] = units(row.at("amount"));
  }
  return found;
}

/// What the script that made trades.csv has counted.
std::map<std::string, std::int64_t> expected_amounts() {
  std::istringstream file(shipped("balances.csv"));
  std::map<std::string, std::int64_t> found;
  std::string line;
  for (std::getline(file, line); std::getline(file, line);) {
    const auto comma = line.find(',');
    found[line.substr(0, comma)] = units(line.substr(comma + 1));
  }
  return found;
}

const std::string header = "id,time,location,kind,asset,amount,quote,cost,fee,fee_asset,note\n";
const std::string one_trade = header + "x1,2024-05-01T10:00:00Z,k,deposit,BTC,1,,,,,\n";

class ServiceTest : public testing::TestWithParam<std::string> {
 protected:
  static backends wanted() {
    if (GetParam() == "all_fiber") return all_on("fiber");
    if (GetParam() == "all_coro") return all_on("coro");
    backends one = all_on("fiber");
    one.at(GetParam()) = "coro";
    return one;
  }

  running_service service_{wanted()};
  connection client_ = service_.client();
};

TEST_P(ServiceTest, CountsWhatIsImportedExactlyAndPricesIt) {
  const reply with_errors = client_.post("/api/1/import/csv", shipped("trades_with_errors.csv"));
  ASSERT_EQ(with_errors.status, 200U) << with_errors.body;
  const json report = with_errors.result();
  EXPECT_EQ(report.at("imported"), 56);
  std::set<int> lines;
  for (const json& row : report.at("rejected")) {
    EXPECT_NE(row.at("reason"), "");
    lines.insert(row.at("line").get<int>());
  }
  EXPECT_EQ(lines.size(), 28U) << with_errors.body;
  EXPECT_EQ(*lines.begin(), 5);

  // Its good rows are in both files, and count once.
  const reply first = client_.post("/api/1/import/csv", shipped("trades.csv"));
  EXPECT_EQ(first.result(),
            json({{"imported", 9'944}, {"already_present", 56}, {"rejected", json::array()}}));
  const json again = client_.post("/api/1/import/csv", shipped("trades_with_errors.csv")).result();
  EXPECT_EQ(again.at("imported"), 0);
  EXPECT_EQ(again.at("already_present"), 56);
  EXPECT_EQ(again.at("rejected"), report.at("rejected"));
  EXPECT_EQ(service_.get("/api/1/info").at("database").at("trades"), 10'000);

  json balances;
  ASSERT_TRUE(eventually([&] {
    balances = service_.get("/api/1/balances");
    return !balances.at("assets").back().at("price").is_null();
  }));
  EXPECT_EQ(amounts(balances), expected_amounts());
  EXPECT_EQ(balances.at("currency"), "EUR");
  std::int64_t total = 0;
  for (const json& row : balances.at("assets")) {
    EXPECT_EQ(units(row.at("value")), product(units(row.at("amount")), units(row.at("price"))));
    total += units(row.at("value"));
  }
  EXPECT_EQ(units(balances.at("total")), total);
  EXPECT_EQ(service_.get("/api/1/prices").at("BTC").at("source"), "simexch");
}

TEST_P(ServiceTest, SaysWhatIsWrongWithARequest) {
  const reply no_table = client_.post("/api/1/import/csv", "date,coin\n2024,BTC\n");
  EXPECT_EQ(no_table.status, 400U);
  EXPECT_TRUE(no_table.result().is_null());
  EXPECT_NE(no_table.message().find("fee_asset"), std::string::npos) << no_table.message();

  const reply unknown = client_.get("/api/1/unknown");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_TRUE(unknown.result().is_null());
  EXPECT_NE(unknown.message(), "");
  EXPECT_EQ(client_.post("/api/1/ping", "x").status, 405U);

  EXPECT_EQ(client_.get("/api/1/ping").result(), true);
  EXPECT_EQ(client_.get("/").type, "text/html; charset=utf-8");
}

TEST_P(ServiceTest, AnswersAQueryLaterAndOnce) {
  const std::string task = service_.ask_later("POST", "/api/1/import/csv", one_trade);
  ASSERT_TRUE(eventually([&] {
    return service_.get("/api/1/tasks") ==
           json({{"pending", json::array()}, {"completed", {std::stoi(task)}}});
  }));
  const json imported{{"imported", 1}, {"already_present", 0}, {"rejected", json::array()}};
  EXPECT_EQ(service_.get("/api/1/tasks/" + task),
            json({{"status", "completed"},
                  {"outcome", {{"result", imported}, {"message", ""}}},
                  {"status_code", 200}}));
  const reply again = client_.get("/api/1/tasks/" + task);
  EXPECT_EQ(again.status, 404U);
  EXPECT_EQ(again.result(), json({{"status", "not-found"}}));
  EXPECT_EQ(client_.remove("/api/1/tasks/" + task).status, 404U);
  EXPECT_EQ(client_.get("/api/1/tasks/none").status, 404U);
}

TEST_P(ServiceTest, TellsOfAQueryThatWasRefusedAndOfOneThatDied) {
  const auto outcome_of = [&](const std::string& task) {
    json answer;
    EXPECT_TRUE(eventually([&] {
      answer = service_.get("/api/1/tasks/" + task);
      return answer.at("status") == "completed";
    }));
    return answer;
  };
  const json refused = outcome_of(service_.ask_later("POST", "/api/1/import/csv", "no table"));
  EXPECT_EQ(refused.at("status_code"), 400);
  EXPECT_TRUE(refused.at("outcome").at("result").is_null());

  database_file(service_.database()).run("ALTER TABLE quotes RENAME TO gone");
  const json died = outcome_of(service_.ask_later("GET", "/api/1/prices"));
  EXPECT_TRUE(died.at("outcome").at("result").is_null());
  const std::string message = died.at("outcome").at("message");
  EXPECT_TRUE(message.starts_with("The backend query task died unexpectedly: ")) << message;
  EXPECT_NE(message.find("quotes"), std::string::npos) << message;
}

TEST_P(ServiceTest, CancelsAQueryThatIsDeleted) {
  database_file outside(service_.database());
  outside.run("BEGIN IMMEDIATE");  // so the import has to wait
  const std::string task = service_.ask_later("POST", "/api/1/import/csv", one_trade);
  ASSERT_TRUE(eventually([&] { return service_.has_task("add trades"); }));
  EXPECT_EQ(service_.get("/api/1/tasks/" + task), json({{"status", "pending"}}));
  EXPECT_EQ(service_.get("/api/1/tasks").at("pending"), json({std::stoi(task)}));

  EXPECT_EQ(client_.remove("/api/1/tasks/" + task).result(), true);
  EXPECT_EQ(client_.get("/api/1/tasks/" + task).status, 404U);
  EXPECT_TRUE(eventually([&] { return !service_.has_task("add trades"); }));
  outside.run("ROLLBACK");
  EXPECT_EQ(client_.post("/api/1/import/csv", one_trade).result().at("imported"), 1);
}

TEST_P(ServiceTest, ShowsWhoWaitsForWhom) {
  database_file outside(service_.database());
  outside.run("BEGIN IMMEDIATE");  // so who has the connection that writes has to wait
  for (int i = 0; i < 2; ++i) service_.ask_later("POST", "/api/1/import/csv", one_trade);
  json held;
  json holder;
  ASSERT_TRUE(eventually([&] {
    const json shown = service_.get("/api/1/concurrency").at("tasks");
    for (const json& task : shown) {
      if (task.at("name") != "add trades") continue;
      (task.at("held_by").empty() ? holder : held) = task;
    }
    return held.is_object() && holder.is_object() &&
           held.at("held_by") == json::array({holder.at("id")});
  }));
  EXPECT_EQ(held.at("waiting_for"),
            "a connection of a pool held by task " + holder.at("id").dump() +
                " 'add trades' (subsystem database, " + wanted().at("database") + ")");
  EXPECT_GE(held.at("waited_seconds"), 0);
  EXPECT_NE(held.at("spawned_at").get<std::string>().find("database.cpp:"), std::string::npos);
  EXPECT_TRUE(service_.get("/api/1/concurrency").at("cycles").empty());
  outside.run("ROLLBACK");
}

TEST_P(ServiceTest, RunsEachSubsystemOnTheBackendOfItsFlag) {
  client_.post("/api/1/import/csv", one_trade);
  service_.ask_later("GET", "/api/1/ping");
  ASSERT_TRUE(eventually([&] { return service_.get("/api/1/prices").contains("BTC"); }));

  const json shown = service_.get("/api/1/concurrency");
  ASSERT_EQ(shown.at("subsystems").size(), subsystems.size());
  for (const json& system : shown.at("subsystems")) {
    const std::string flag = wanted().at(system.at("name"));
    EXPECT_EQ(system.at("backend"), flag) << system;
    for (const json& counters : system.at("backends")) {
      EXPECT_EQ(counters.at("spawned") > 0, counters.at("backend") == flag) << system;
    }
  }
  for (const json& task : shown.at("tasks")) {
    if (!task.at("subsystem").get<std::string>().empty()) {
      EXPECT_EQ(task.at("backend"), wanted().at(task.at("subsystem"))) << task;
    }
  }
  EXPECT_EQ(service_.get("/api/1/info").at("database").at("driver"), wanted().at("database"));

  const json flags = service_.get("/api/1/flags");
  EXPECT_EQ(flags.at("file"), service_.flags().string());
  EXPECT_TRUE(flags.at("error").is_null());
  for (const json& flag : flags.at("flags")) {
    const std::string backend = wanted().at(flag.at("subsystem"));
    EXPECT_EQ(flag, json({{"subsystem", flag.at("subsystem")},
                          {"backend", backend},
                          {"source", "flag file"},
                          {"variant", backend},
                          {"reason", "STATIC"}}));
  }
}

TEST_P(ServiceTest, AnswersWhatIsInFlightThenStopsAndLeavesASoundDatabase) {
  auto outside = std::make_unique<database_file>(service_.database());
  outside->run("BEGIN IMMEDIATE");
  auto answer = std::async(std::launch::async,
                           [this] { return client_.post("/api/1/import/csv", one_trade); });
  EXPECT_TRUE(eventually([&] { return service_.has_task("add trades"); }));
  service_.process().signal(SIGINT);
  service_.await_log("stopping, on signal 2");
  outside->run("ROLLBACK");
  EXPECT_EQ(answer.get().result().at("imported"), 1);

  EXPECT_EQ(service_.process().ended_within(std::chrono::seconds(5)), 0);
  EXPECT_NE(service_.process().log().find("integrity_check: ok"), std::string::npos);
  EXPECT_EQ(outside->run("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(outside->run("SELECT count(*) FROM trades"), "1");
}

INSTANTIATE_TEST_SUITE_P(Flags, ServiceTest,
                         testing::Values("all_fiber", "all_coro", "database", "tasks", "http_api",
                                         "periodic", "http_client"),
                         [](const auto& on) { return on.param; });

}  // namespace
}  // namespace portfolio::blackbox
