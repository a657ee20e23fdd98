// What the command line of portfoliod promises.

#include "tests/portfolio/service/child.hpp"
#include "tests/portfolio/service/database_file.hpp"
#include "tests/portfolio/service/folder.hpp"
#include "tests/portfolio/service/http.hpp"
#include "tests/portfolio/service/running_service.hpp"
#include "tests/portfolio/service/scrape.hpp"
#include "tests/portfolio/service/wait.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace portfolio::blackbox {
namespace {

using boost::asio::ip::tcp;
using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto patience = 60s;

class ProgramTest : public testing::Test {
 protected:
  child start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), PORTFOLIOD);
    return child(arguments, folder_.path() / "log");
  }

  const folder folder_;
  const std::string database_ = folder_.path() / "portfolio.db";
};

TEST_F(ProgramTest, ImportsAFileAndEnds) {
  const std::string file = PORTFOLIO_DATA "/trades_with_errors.csv";
  const std::vector<std::string> arguments{"--database", database_, "--import", file, "--once"};

  child first = start(arguments);
  EXPECT_EQ(first.said_after(file + ":5: "),
            "id is empty; expected 1 to 64 letters, digits and . _ : -");
  EXPECT_EQ(first.said_after(file + ": "), "56 imported, 0 there already, 28 rejected");
  EXPECT_EQ(first.ended_within(patience), 0);

  child second = start(arguments);
  EXPECT_EQ(second.said_after(file + ": "), "0 imported, 56 there already, 28 rejected");
  EXPECT_EQ(second.ended_within(patience), 0);
  EXPECT_EQ(database_file(database_).run("SELECT count(*) FROM trades"), "56");
}

TEST_F(ProgramTest, ShowsWhoKeptTheLoopAndTheStackOfIt) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP()
      << "ThreadSanitizer keeps the signal that samples the stack back until open() returns";
#endif
  const std::string file = folder_.path() / "trades.csv";
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  child program = start({"--database", database_, "--port", "0", "--import", file});
  // It opens the file on the loop's thread, and gets no further before somebody writes to it.
  // Starting may have been a stall of its own on a slow machine.
  ASSERT_TRUE(eventually([&] {
    return program.log().find("task 1 'main' (coro), spawned at ") != std::string::npos;
  }));
  std::ofstream(file) << shipped("trades_with_errors.csv");

  connection client(static_cast<std::uint16_t>(std::stoi(program.said_after("http://127.0.0.1:"))));
  const json stalls = client.get("/api/1/concurrency").result().at("stalls");
  const json& counters = stalls.at("counters");
  const auto of_main = std::find_if(counters.begin(), counters.end(),
                                    [](const json& c) { return c.at("backend") == "coro"; });
  ASSERT_NE(of_main, counters.end());
  EXPECT_EQ(of_main->at("subsystem"), "");
  EXPECT_GE(of_main->at("count"), 1);
  EXPECT_GT(of_main->at("longest_seconds"), 0);
  EXPECT_TRUE(stalls.at("last").contains("stack"));

  const samples scraped = scrape(client);
  const std::string main = R"({subsystem="",backend="coro",allowed=""})";
  EXPECT_GE(scraped.at("crossfade_stalls_total" + main), of_main->at("count"));
  EXPECT_GE(scraped.at("crossfade_stall_longest_seconds" + main), of_main->at("longest_seconds"));
  EXPECT_FALSE(scraped.contains("crossfade_flags_file_in_force")) << "there is no flag file";
}

TEST_F(ProgramTest, ShowsWhatItsGuardrailsSay) {
  const std::string flags = folder_.path() / "flags.json";
  write_file(flags, flag_file(all_on("fiber")));
  for (const bool on : {true, false}) {
    std::vector<std::string> arguments{"--database", database_, "--flags", flags, "--port", "0"};
    if (!on) arguments.push_back("--no-guardrails");
    child program = start(arguments);
    const int port = std::stoi(program.said_after("http://127.0.0.1:"));
    connection client(static_cast<std::uint16_t>(port));
    client.get("/api/1/balances");
    const json shown = client.get("/api/1/flags").result().at("guardrails");
    if (on) {
      EXPECT_EQ(shown.at("database").at("verdict"), "hold") << shown;
      EXPECT_NE(shown.dump().find("coro: 0 calls"), std::string::npos) << shown;
    } else {
      EXPECT_TRUE(shown.empty()) << shown;
    }
  }
}

TEST_F(ProgramTest, SaysWhatIsWrongWithItsArguments) {
  const struct {
    std::vector<std::string> arguments;
    std::string complaint;
  } cases[] = {
      {{"--once"}, "--once requires --import"},
      {{"--import", "no-such-file"}, "File does not exist: no-such-file"},
      {{"--port", "http"}, "Could not convert: --port = http"},
      {{"--periodic-interval", "-1"}, "--periodic-interval: -1 is no interval; expected seconds"},
      {{"--demo", "--simexch", "http://127.0.0.1:1"}, "excludes"},
      {{"--simexch", "127.0.0.1"},
       "--simexch: 127.0.0.1 is no address; expected one as in http://"},
      {{"--database", folder_.path() / "no" / "folder"}, "no/folder"},
      {{"--database", database_, "--flags", "no-flags.json"}, "no-flags.json"},
  };
  for (const auto& [arguments, complaint] : cases) {
    child program = start(arguments);
    const std::optional<int> status = program.ended_within(patience);
    EXPECT_TRUE(status.has_value() && *status != 0) << arguments.front();
    EXPECT_NE(program.log().find(complaint), std::string::npos)
        << arguments.front() << " makes it say: " << program.log();
  }
}

TEST_F(ProgramTest, TheDemoTakesAFreePortIfItsOwnIsTaken) {
  boost::asio::io_context io;
  boost::system::error_code taken_already;
  tcp::acceptor holder(io, tcp::v4());
  holder.bind({tcp::v4(), 8080}, taken_already);
  if (!taken_already) holder.listen();

  child demo = start({"--demo"});
  const std::string port = demo.said_after("http://127.0.0.1:");
  EXPECT_NE(std::stoi(port), 8080);
  EXPECT_EQ(connection(static_cast<std::uint16_t>(std::stoi(port))).get("/api/1/ping").status,
            200U);
  demo.signal(SIGINT);
  EXPECT_EQ(demo.ended_within(patience), 0);
}

TEST_F(ProgramTest, APortThatIsTakenIsAnErrorOutsideOfTheDemo) {
  boost::asio::io_context io;
  tcp::acceptor holder(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const std::string port = std::to_string(holder.local_endpoint().port());
  child program = start({"--database", database_, "--port", port});
  EXPECT_NE(program.ended_within(patience), 0);
  EXPECT_NE(program.log().find("Address already in use"), std::string::npos) << program.log();
}

}  // namespace
}  // namespace portfolio::blackbox
