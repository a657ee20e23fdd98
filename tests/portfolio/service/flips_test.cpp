// What holds while the flag file changes.

#include "tests/portfolio/service/database_file.hpp"
#include "tests/portfolio/service/running_service.hpp"
#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <deque>
#include <exception>
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace portfolio::blackbox {
namespace {

using nlohmann::json;

const std::string header = "id,time,location,kind,asset,amount,quote,cost,fee,fee_asset,note\n";

std::string deposit(const std::string& id, const std::string& asset) {
  return id + ",2024-05-01T10:00:00Z,bank,deposit," + asset + ",1.5,,,,,\n";
}

/// Writes a file in one of the ways in which editors, scripts and Kubernetes do.
void replace(const std::filesystem::path& path, const std::string& content, int step) {
  const std::filesystem::path next = path.string() + '.' + std::to_string(step);
  switch (step % 3) {
    case 0:
      write_file(path, content);
      break;
    case 1:
      write_file(next, content);
      std::filesystem::rename(next, path);
      break;
    default: {
      const std::filesystem::path link = next.string() + ".link";
      write_file(next, content);
      std::filesystem::create_symlink(next.filename(), link);
      std::filesystem::rename(link, path);
    }
  }
}

/// Each step moves the database, and some of the others.
backends at_step(int step) {
  backends wanted;
  for (std::size_t i = 0; i < subsystems.size(); ++i) {
    const bool coro = i == 0 ? step % 2 != 0 : (static_cast<unsigned>(step) >> i & 1U) != 0;
    wanted.emplace(subsystems[i], coro ? "coro" : "fiber");
  }
  return wanted;
}

/// Imports trades of an asset of its own, and after each import reads what it holds.
class client {
 public:
  client(std::uint16_t port, char name) : connection_(port), asset_(std::string("OWN") + name) {}

  void run(const std::stop_token& stop) try {
    while (!stop.stop_requested() && !testing::Test::HasFatalFailure()) import_and_read();
  } catch (const std::exception& lost) {
    ADD_FAILURE() << asset_ << ": " << lost.what();
  }
  int imported() const noexcept { return imported_; }
  const std::string& asset() const noexcept { return asset_; }

 private:
  void import_and_read() {
    std::string csv = header;
    for (int i = 0; i < 2; ++i)
      csv += deposit(asset_ + '-' + std::to_string(imported_ + i), asset_);
    const reply added = connection_.post("/api/1/import/csv", csv);
    ASSERT_EQ(added.status, 200U) << added.body;
    ASSERT_EQ(added.result(),
              json({{"imported", 2}, {"already_present", 0}, {"rejected", json::array()}}));
    imported_ += 2;

    const reply read = connection_.get("/api/1/balances");
    ASSERT_EQ(read.status, 200U) << read.body;
    std::string amount;
    const json balances = read.result();
    for (const json& row : balances.at("assets")) {
      if (row.at("asset") == asset_) amount = row.at("amount");
    }
    ASSERT_EQ(amount, std::to_string(imported_ / 2 * 3));
  }

  connection connection_;
  std::string asset_;
  int imported_ = 0;
};

TEST(FlipsTest, NoRequestIsLostDoubledOrWrongWhileEverySubsystemIsMoved) {
  running_service service(at_step(0));
  std::deque<client> clients;
  for (char name = 'A'; name < 'D'; ++name) clients.emplace_back(service.port(), name);
  std::vector<std::jthread> threads;
  for (client& each : clients) {
    threads.emplace_back([&each](const std::stop_token& stop) { each.run(stop); });
  }

  for (int step = 1; step <= FLIPS; ++step) {
    replace(service.flags(), flag_file(at_step(step)), step);
    service.await_backends(at_step(step));
  }
  threads.clear();

  service.process().signal(SIGTERM);
  EXPECT_EQ(service.process().ended_within(std::chrono::seconds(5)), 0);
  const std::string log = service.process().log();
  EXPECT_EQ(log.find("[error]"), std::string::npos);
  EXPECT_NE(log.find("integrity_check: ok"), std::string::npos);

  database_file database(service.database());
  int all = 0;
  for (const client& each : clients) {
    EXPECT_GT(each.imported(), 0);
    EXPECT_EQ(database.run("SELECT count(*) FROM trades WHERE asset = '" + each.asset() + "'"),
              std::to_string(each.imported()));
    all += each.imported();
  }
  EXPECT_EQ(database.run("SELECT count(*) FROM trades"), std::to_string(all));
}

TEST(FlipsTest, AFlagFileThatIsBrokenChangesNothingAndIsReported) {
  const backends good = at_step(1);
  running_service service(good);
  for (const std::string broken : {"{ \"flags\": {", "[]"}) {
    write_file(service.flags(), broken);
    EXPECT_TRUE(eventually([&] { return !service.get("/api/1/flags").at("error").is_null(); }));
    service.await_backends(good);
    write_file(service.flags(), flag_file(good));
    EXPECT_TRUE(eventually([&] { return service.get("/api/1/flags").at("error").is_null(); }));
  }

  backends misspelt = good;
  misspelt.at("tasks") = "corro";
  write_file(service.flags(), flag_file(misspelt));
  json error;
  EXPECT_TRUE(eventually([&] {
    error = service.get("/api/1/flags").at("error");
    return !error.is_null();
  }));
  EXPECT_NE(error.dump().find("corro"), std::string::npos) << error;
  service.await_backends(good);
}

TEST(FlipsTest, APercentageMovesSomeAccountsWithAllTheirRequests) {
  running_service service(all_on("fiber"));
  json flags = json::parse(flag_file(all_on("fiber")));
  for (const char* name : {"database", "http_api", "tasks"}) {
    flags["flags"][name]["targeting"] =
        json::parse(R"({"fractional": [["coro", 50], ["fiber", 50]]})");
  }
  write_file(service.flags(), flags.dump());
  connection client = service.client();
  const auto backends_of = [&](const std::string& account) {
    std::map<std::string, std::string> found;
    const json shown = client.get("/api/1/flags", account).result();
    for (const json& flag : shown.at("flags")) found[flag.at("subsystem")] = flag.at("backend");
    return found;
  };
  const auto on_coro = [&](const std::string& name) {
    int count = -1;
    const json shown = client.get("/api/1/concurrency").result();
    for (const json& system : shown.at("subsystems")) {
      if (system.at("name") != name) continue;
      for (const json& counters : system.at("backends")) {
        if (counters.at("backend") == "coro") count = counters.at("spawned");
      }
    }
    return count;
  };
  service.await_log("subsystem 'database': the coro side serves");

  int api = on_coro("http_api");
  int tasks = on_coro("tasks");
  int asked_coro = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string account = "account-" + std::to_string(i);
    const auto chosen = backends_of(account);
    client.get("/api/1/ping?async_query=true", account);
    api += 2 * (chosen.at("http_api") == "coro");
    tasks += chosen.at("tasks") == "coro";
    EXPECT_EQ(on_coro("http_api"), api) << account;
    EXPECT_EQ(on_coro("tasks"), tasks) << account;

    const int database = on_coro("database");
    client.get("/api/1/balances", account);
    api += chosen.at("http_api") == "coro";
    EXPECT_EQ(on_coro("database") > database, chosen.at("database") == "coro") << account;
    asked_coro += chosen.at("database") == "coro";
  }
  EXPECT_GT(asked_coro, 0);
  EXPECT_LT(asked_coro, 20);
  EXPECT_GT(api, 0);
  EXPECT_LT(api, 60);
}

TEST(FlipsTest, ADatabaseThatCannotBeOpenedAgainStaysWhereItIs) {
  running_service service(all_on("fiber"));
  database_file outside(service.database());
  outside.run("PRAGMA user_version = 99");
  write_file(service.flags(), flag_file(at_step(1)));
  service.await_log(
      "subsystem 'database': the coro side cannot be prepared, so nothing changes: "
      "its tables have version 99");

  EXPECT_EQ(service.get("/api/1/info").at("database").at("driver"), "fiber");
  const reply added = service.client().post("/api/1/import/csv", header + deposit("a", "BTC"));
  EXPECT_EQ(added.result().at("imported"), 1);
  EXPECT_EQ(service.get("/api/1/info").at("database").at("trades"), 1);
}

TEST(FlipsTest, AShadowRepeatsWhatReadsOnTheOtherSide) {
  running_service service(all_on("fiber"));
  service.client().post("/api/1/import/csv", header + deposit("a", "BTC"));
  backends shadowed = all_on("fiber");
  shadowed.at("database") = "shadow";
  write_file(service.flags(), flag_file(shadowed));
  service.await_log("subsystem 'database': the coro side serves");

  json database;
  EXPECT_TRUE(eventually([&] {
    service.get("/api/1/balances");
    database = service.get("/api/1/info").at("database");
    return database.at("repeats").at("equal") > 4;
  })) << database;
  EXPECT_EQ(database.at("driver"), "fiber");
  EXPECT_EQ(database.at("sides").size(), 2U);
  EXPECT_EQ(database.at("repeats").at("different"), 0);
  EXPECT_EQ(database.at("trades"), 1) << "an import is not repeated";
}

}  // namespace
}  // namespace portfolio::blackbox
