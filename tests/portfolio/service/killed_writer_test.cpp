// What holds while the command-line tool, which writes the flag file, is killed again and again.

#include "tests/portfolio/service/child.hpp"
#include "tests/portfolio/service/clients.hpp"
#include "tests/portfolio/service/running_service.hpp"
#include "tests/portfolio/service/scrape.hpp"
#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace portfolio::blackbox {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

/// As in the test kit: a new one each time, unless the environment asks for one again.
unsigned seed() {
  const char* const wanted = std::getenv("CROSSFADE_SEED");
  return wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted)) : std::random_device()();
}

/// What the tool is told, and what it makes of the file.
struct edit {
  std::vector<std::string> arguments;
  json after;
};

edit everybody_to(const json& before, const std::string& subsystem, const std::string& backend) {
  json after = before;
  json& flag = after.at("flags").at(subsystem);
  flag["defaultVariant"] = backend;
  flag.erase("targeting");
  return {{"set", subsystem, backend}, std::move(after)};
}

edit other_backend(const json& before, const std::string& subsystem) {
  const bool coro = before.at("flags").at(subsystem).at("defaultVariant") == "coro";
  return everybody_to(before, subsystem, coro ? "fiber" : "coro");
}

edit some_to_coro(const json& before, const std::string& subsystem, int percent) {
  json after = before;
  after.at("flags").at(subsystem)["targeting"]["fractional"] =
      json::array({json::array({"coro", percent}), json::array({"fiber", 100 - percent})});
  return {{"rollout", subsystem, std::to_string(percent)}, std::move(after)};
}

edit any_edit(const json& before, std::mt19937& random) {
  const std::string subsystem(subsystems.at(random() % subsystems.size()));
  if (random() % 2 == 0) return other_backend(before, subsystem);
  return some_to_coro(before, subsystem, static_cast<int>(random() % 101));
}

class KilledWriterTest : public testing::Test {
 protected:
  child start(const edit& wanted) {
    std::vector<std::string> command{CROSSFADE, "flags", "--file", service_.flags()};
    command.insert(command.end(), wanted.arguments.begin(), wanted.arguments.end());
    return child(command, service_.flags().parent_path() / "tool.log");
  }

  /// Makes an edit that nobody disturbs, and gives what it took.
  steady_clock::duration make(const edit& wanted) {
    const auto began = steady_clock::now();
    child writer = start(wanted);
    writer.said_after("version ");  // the last that it does
    const auto took = steady_clock::now() - began;
    EXPECT_EQ(writer.ended_within(long_enough), 0) << writer.log();
    EXPECT_EQ(document(), wanted.after);
    return took;
  }

  json document() const { return json::parse(read_file(service_.flags())); }

  /// Waits until the service goes by that document.
  void await(const json& flags) {
    backends wanted;
    for (const auto& [name, flag] : flags.at("flags").items()) {
      wanted[name] = flag.at("defaultVariant");
    }
    service_.await_backends(wanted);
    for (const std::string name : {"http_api", "tasks"}) {  // those that know accounts
      const json& flag = flags.at("flags").at(name);
      const double share = flag.contains("targeting")
                               ? flag.at("/targeting/fractional/0/1"_json_pointer).get<int>() / 100.
                               : flag.at("defaultVariant") == "coro";
      EXPECT_TRUE(eventually([&] {
        return scrape(observer_).at("crossfade_flag_coro_ratio{subsystem=\"" + name + "\"}") ==
               share;
      })) << name
          << ' ' << share;
    }
  }

  running_service service_{all_on("fiber")};
  connection observer_ = service_.client();
};

TEST_F(KilledWriterTest, TheFileIsTheOldOrTheNewOneAndTheServiceGoesByIt) {
  const unsigned first = seed();
  std::cout << "seed " << first << "; the same edits again: CROSSFADE_SEED=" << first << std::endl;
  std::mt19937 random(first);
  clients working(service_);
  make(other_backend(document(), "database"));
  const auto took = make(other_backend(document(), "database"));

  json now = document();
  int killed = 0;
  int made = 0;
  const int kills = flips(KILLS);
  for (int i = 0; i < kills && !HasFailure(); ++i) {
    const edit next = any_edit(now, random);
    {
      child writer = start(next);
      std::this_thread::sleep_for(took * std::uniform_real_distribution<>(0, 1)(random));
      writer.signal(SIGKILL);
      const std::optional<int> status = writer.ended_within(long_enough);
      EXPECT_EQ(status.value_or(0), 0) << writer.log();
      if (!status) ++killed;
    }
    const json found = document();
    EXPECT_TRUE(found == now || found == next.after) << found;
    if (found != now) ++made;
    now = found;
    await(now);
  }
  std::cout << killed << " of " << kills << " were killed, " << made << " edits were made\n";

  const edit last = other_backend(now, "http_api");
  make(last);
  await(last.after);
  for (const auto& entry : std::filesystem::directory_iterator(service_.flags().parent_path())) {
    EXPECT_NE(entry.path().extension(), ".new") << entry.path() << " was left behind";
  }
  EXPECT_EQ(scrape(observer_).at("crossfade_flags_refusals_total"), 0);
  working.end_and_count();
}

}  // namespace
}  // namespace portfolio::blackbox
