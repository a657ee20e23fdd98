#include "tests/portfolio/service/clients.hpp"

#include "tests/portfolio/service/database_file.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <exception>
#include <sstream>

namespace portfolio::blackbox {

using nlohmann::json;

const std::string header = "id,time,location,kind,asset,amount,quote,cost,fee,fee_asset,note\n";

std::string deposit(const std::string& id, const std::string& asset) {
  return id + ",2024-05-01T10:00:00Z,bank,deposit," + asset + ",1.5,,,,,\n";
}

void client::run(const std::stop_token& stop) try {
  while (!stop.stop_requested() && !testing::Test::HasFatalFailure()) import_and_read();
} catch (const std::exception& lost) {
  ADD_FAILURE() << asset_ << ": " << lost.what();
}

void client::import_and_read() {
  std::string csv = header;
  for (int i = 0; i < 2; ++i) csv += deposit(asset_ + '-' + std::to_string(imported_ + i), asset_);
  const reply added = connection_.post("/api/1/import/csv", csv, asset_);
  ASSERT_EQ(added.status, 200U) << added.body;
  ASSERT_EQ(added.result(),
            json({{"imported", 2}, {"already_present", 0}, {"rejected", json::array()}}));
  imported_ += 2;

  const reply read = connection_.get("/api/1/balances", asset_);
  ASSERT_EQ(read.status, 200U) << read.body;
  std::string amount;
  const json balances = read.result();
  for (const json& row : balances.at("assets")) {
    if (row.at("asset") == asset_) amount = row.at("amount");
  }
  ASSERT_EQ(amount, std::to_string(imported_ / 2 * 3));
}

clients::clients(running_service& service) : service_(service) {
  for (char name = 'A'; name < 'D'; ++name) clients_.emplace_back(service.port(), name);
  for (client& each : clients_) {
    threads_.emplace_back([&each](const std::stop_token& stop) { each.run(stop); });
  }
}

void clients::end_and_count(const std::string& expected) {
  threads_.clear();
  service_.process().signal(SIGTERM);
  EXPECT_EQ(service_.process().ended_within(std::chrono::seconds(5)), 0);
  const std::string log = service_.process().log();
  EXPECT_NE(log.find("integrity_check: ok"), std::string::npos);
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto error = line.find("[error] ");
    if (error == std::string::npos) continue;
    if (line.find(" kept the loop for ") != std::string::npos) continue;  // on a slow machine
    EXPECT_TRUE(!expected.empty() && line.find(expected, error) == error + 8) << line;
  }

  database_file database(service_.database());
  int all = 0;
  for (const client& each : clients_) {
    EXPECT_GT(each.imported(), 0);
    EXPECT_EQ(database.run("SELECT count(*) FROM trades WHERE asset = '" + each.asset() + "'"),
              std::to_string(each.imported()));
    all += each.imported();
  }
  EXPECT_EQ(database.run("SELECT count(*) FROM trades"), std::to_string(all));
}

}  // namespace portfolio::blackbox
