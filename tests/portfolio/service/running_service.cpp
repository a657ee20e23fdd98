#include "tests/portfolio/service/running_service.hpp"

#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace portfolio::blackbox {

using nlohmann::json;

namespace {

const std::string local = "http://127.0.0.1:";

}  // namespace

backends all_on(const std::string& backend) {
  backends all;
  for (const std::string_view name : subsystems) all.emplace(name, backend);
  return all;
}

std::string flag_file(const backends& wanted) {
  json flags = json::object();
  for (const auto& [name, backend] : wanted) {
    flags[name] = {{"state", "ENABLED"},
                   {"variants", {{"fiber", "fiber"}, {"coro", "coro"}, {"shadow", "shadow"}}},
                   {"defaultVariant", backend}};
  }
  return json{{"flags", std::move(flags)}}.dump(2);
}

int flips(int usual) {
  const char* const wanted = std::getenv("CROSSFADE_FLIPS");
  return wanted != nullptr ? std::stoi(wanted) : usual;
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw std::runtime_error(path.string() + ": cannot be read");
  return content;
}

std::string shipped(const std::string& name) { return read_file(PORTFOLIO_DATA "/" + name); }

running_service::running_service(const backends& wanted)
    : exchange_({SIMEXCH, "--port", "0"}, folder_.path() / "simexch.log"),
      service_(
          [&]() -> std::vector<std::string> {
            write_file(flags_, flag_file(wanted));
            return {PORTFOLIOD,
                    "--port",
                    "0",
                    "--database",
                    database_,
                    "--flags",
                    flags_,
                    "--simexch",
                    local + exchange_.said_after(local),
                    "--periodic-interval",
                    "0.05",
                    "--no-guardrails"};  // on a machine that is busy with tests
          }(),
          folder_.path() / "portfoliod.log"),
      port_(static_cast<std::uint16_t>(std::stoi(service_.said_after(local)))) {}

running_service::~running_service() {
  if (testing::Test::HasFailure() || std::uncaught_exceptions() > 0) {
    std::fprintf(stderr, "--- %s\n%s---\n", (folder_.path() / "portfoliod.log").c_str(),
                 service_.log().c_str());
  }
}

json running_service::get(const std::string& target) {
  const reply given = client().get(target);
  EXPECT_EQ(given.status, 200U) << target << ": " << given.body;
  EXPECT_EQ(given.type, "application/json");
  EXPECT_EQ(given.message(), "");
  return given.result();
}

std::string running_service::ask_later(const std::string& method, const std::string& target,
                                       const std::string& body) {
  const reply given = client().send(method, target + "?async_query=true", body);
  EXPECT_EQ(given.status, 200U) << given.body;
  return given.result().at("task_id").dump();
}

bool running_service::has_task(const std::string& name) {
  const json shown = get("/api/1/concurrency");
  return std::ranges::any_of(shown.at("tasks"),
                             [&](const json& task) { return task.at("name") == name; });
}

void running_service::await_backends(const backends& wanted) {
  const bool come = eventually([&] {
    const json shown = get("/api/1/flags");
    for (const json& flag : shown.at("flags")) {
      if (flag.at("backend") != wanted.at(flag.at("subsystem"))) return false;
    }
    return get("/api/1/info").at("database").at("driver") == wanted.at("database");
  });
  if (!come) throw std::runtime_error("the flags are not in force: " + get("/api/1/flags").dump());
}

void running_service::await_log(const std::string& text) {
  const bool come = eventually([&] { return service_.log().find(text) != std::string::npos; });
  if (!come) throw std::runtime_error("the log does not say '" + text + "'");
}

}  // namespace portfolio::blackbox
