#include "tests/sqlite/sqlite_test.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>
#include <system_error>
#include <thread>

namespace crossfade::sqlite {
namespace {

// The program beside this test; killed at the latest when its object goes.
class neighbour {
 public:
  explicit neighbour(std::vector<std::string> arguments) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "pipe2");
    input_ = in[1];
    output_ = out[0];
    arguments.insert(arguments.begin(), NEIGHBOUR);
    std::vector<char*> words;
    for (std::string& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    const int error = ::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    if (error != 0) throw std::system_error(error, std::generic_category(), words[0]);
  }
  ~neighbour() {
    kill();
    if (input_ != -1) end_input();
    ::close(output_);
    ::waitpid(pid_, nullptr, 0);
  }
  neighbour(const neighbour&) = delete;
  neighbour& operator=(const neighbour&) = delete;

  /// The next line that it says, if one comes.
  std::optional<std::string> line() {
    std::string text;
    for (char c = 0; ::read(output_, &c, 1) == 1;) {
      if (c == '\n') return text;
      text += c;
    }
    return std::nullopt;
  }
  void end_input() { ::close(std::exchange(input_, -1)); }
  void kill() const { ::kill(pid_, SIGKILL); }

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  int output_ = -1;
};

class NeighbourTest : public sqlite_test {};
INSTANTIATE_TEST_SUITE_P(Hosts, NeighbourTest, settings(), setting_name);

TEST_P(NeighbourTest, IsWaitedForUntilTheTimeIsUp) {
  run([&]() -> task<> {
    const auto hasty = co_await open_file({.busy_timeout = 3ms});
    const auto patient = co_await open_file({.busy_timeout = 1h});
    co_await hasty->execute("CREATE TABLE t (x)");
    neighbour other({"hold", path()});
    EXPECT_EQ(other.line(), "held");

    auto nothing = [] {};
    const error begin =
        co_await error_of([&]() -> task<> { co_await with_transaction(*hasty, nothing); });
    EXPECT_EQ(begin.code(), SQLITE_BUSY);
    EXPECT_EQ(begin.sql(), "BEGIN IMMEDIATE");
    const error insert = co_await error_of(
        [&]() -> task<> { co_await hasty->execute("INSERT INTO t VALUES ('hasty')"); });
    EXPECT_EQ(insert.code(), SQLITE_BUSY);
    EXPECT_EQ(co_await value_of<int>(*hasty, "SELECT count(*) FROM t"), 0);

    auto body = [&](task_group& group) -> task<> {
      auto waiting = spawn(group, [&]() -> task<> {
        co_await patient->execute("INSERT INTO t VALUES ('patient')");
      });
      for (int i = 0; i < 100; ++i) co_await checkpoint();
      EXPECT_FALSE(waiting.done());
      other.end_input();
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await value_of<std::string>(*hasty, "SELECT group_concat(x) FROM t"),
              "neighbour,patient");
  });
}

TEST_P(NeighbourTest, KilledAnywhereLeavesWhatItWasToldIsCommitted) {
  constexpr int kills = 5;
  std::mt19937 random(20240607);
  int told = 0;
  for (int i = 0; i < kills && !HasFailure(); ++i) {
    {
      neighbour writer({"write", path(), std::string(how().name())});
      const auto listen = [&] {
        const auto line = writer.line();
        if (line) told = std::stoi(*line);
        return line.has_value();
      };
      // Sometimes before it has opened the file.
      for (auto lines = random() % 3 * (random() % 20); lines > 0; --lines) listen();
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
      writer.kill();
      while (listen()) {
      }
    }
    run([&]() -> task<> {
      const auto db = co_await open_file();
      co_await db->execute("CREATE TABLE IF NOT EXISTS t (batch, part)");
      const int last = co_await value_of<int>(*db, "SELECT coalesce(max(batch), 0) FROM t");
      EXPECT_GE(last, told);
      EXPECT_LE(last, told + 1);  // committed, and killed before it could say so
      told = last;
      EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 3 * last);
      EXPECT_EQ(co_await value_of<int>(*db,
                                       "SELECT count(*) FROM (SELECT 1 FROM t GROUP BY batch "
                                       "HAVING group_concat(part) = '0,1,2')"),
                last);
      EXPECT_EQ(co_await value_of<std::string>(*db, "PRAGMA integrity_check"), "ok");
    });
  }
  EXPECT_GT(told, 0);
}

}  // namespace
}  // namespace crossfade::sqlite
