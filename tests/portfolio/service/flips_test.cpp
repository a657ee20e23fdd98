// What holds while the flag file changes.

#include "tests/portfolio/service/clients.hpp"
#include "tests/portfolio/service/database_file.hpp"
#include "tests/portfolio/service/running_service.hpp"
#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace portfolio::blackbox {
namespace {

using nlohmann::json;

/// Writes a file, each time in another of the ways in which editors, scripts and Kubernetes do.
class writer {
 public:
  explicit writer(std::filesystem::path path) : path_(std::move(path)) {}

  void write(const std::string& content) {
    const std::filesystem::path next = path_.string() + '.' + std::to_string(++count_);
    switch (count_ % 3) {
      case 0:
        write_file(path_, content);
        break;
      case 1:
        write_file(next, content);
        std::filesystem::rename(next, path_);
        break;
      default: {
        const std::filesystem::path link = next.string() + ".link";
        write_file(next, content);
        std::filesystem::create_symlink(next.filename(), link);
        std::filesystem::rename(link, path_);
      }
    }
  }

 private:
  const std::filesystem::path path_;
  int count_ = 0;
};

/// Each step moves the database, and some of the others.
backends at_step(int step) {
  backends wanted;
  for (std::size_t i = 0; i < subsystems.size(); ++i) {
    const bool coro = i == 0 ? step % 2 != 0 : (static_cast<unsigned>(step) >> i & 1U) != 0;
    wanted.emplace(subsystems[i], coro ? "coro" : "fiber");
  }
  return wanted;
}

/// The same, but some accounts go elsewhere with what knows accounts; the database serves on both
/// sides.
std::string with_a_percentage(const backends& wanted, int percent) {
  json flags = json::parse(flag_file(wanted));
  for (const char* name : {"database", "http_api", "tasks"}) {
    flags["flags"][name]["targeting"]["fractional"] =
        json::array({json::array({"coro", percent}), json::array({"fiber", 100 - percent})});
  }
  return flags.dump();
}

/// A file that is refused, for one reason or another.
std::string broken(backends wanted, unsigned reason) {
  const std::string good = flag_file(wanted);
  switch (reason % 3) {
    case 0:
      return good.substr(0, good.size() / 2);
    case 1:
      wanted.at("tasks") = "corro";
      return flag_file(wanted);
    default:
      return "[]";
  }
}

TEST(FlipsTest, NoRequestIsLostDoubledOrWrongWhileEverySubsystemIsMoved) {
  running_service service(at_step(0));
  clients working(service);
  writer file(service.flags());
  const auto is_refused = [&] { return !service.get("/api/1/flags").at("error").is_null(); };

  const int last = flips(FLIPS);
  for (int step = 1; step <= last; ++step) {
    const backends wanted = at_step(step);
    const unsigned round = static_cast<unsigned>(step) / 4;
    switch (step % 4) {
      case 0:  // a bad file on the way
        file.write(broken(wanted, round));
        EXPECT_TRUE(eventually(is_refused));
        service.await_backends(at_step(step - 1));
        file.write(flag_file(wanted));
        break;
      case 2:
        file.write(with_a_percentage(wanted, std::array{50, 25, 100, 0, 75}.at(round % 5U)));
        break;
      case 3:  // there, back and there again, before anybody may have looked
        file.write(flag_file(wanted));
        file.write(flag_file(at_step(step - 1)));
        [[fallthrough]];
      default:
        file.write(flag_file(wanted));
    }
    service.await_backends(wanted);
    EXPECT_TRUE(eventually([&] { return !is_refused(); })) << step;
  }
  working.end_and_count("flags: ");
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
  service.await_log("subsystem 'database': the coro side cannot be prepared, so nothing changes: " +
                    service.database().string() + ": user_version is 99; expected 0 to 1");

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
