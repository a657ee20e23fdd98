#include "tests/portfolio/service/child.hpp"

#include "tests/portfolio/service/wait.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace portfolio::blackbox {

namespace {

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

child::child(const std::vector<std::string>& command, std::filesystem::path log)
    : log_(std::move(log)) {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe2");
  output_ = ends[0];

  posix_spawn_file_actions_t actions;
  check(::posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int error =
      ::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  check(error, arguments[0]);
}

child::~child() {
  if (pid_ != 0) {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_);
}

std::string child::said_after(const std::string& text) {
  for (;;) {
    const auto begin = said_.find(text);
    const auto end = begin == std::string::npos ? begin : said_.find('\n', begin);
    if (end != std::string::npos) {
      return said_.substr(begin + text.size(), end - begin - text.size());
    }
    if (!read_more()) throw std::runtime_error("it did not say '" + text + "' but:\n" + log());
  }
}

bool child::read_more() {
  std::array<char, 4096> piece{};
  const ssize_t size = ::read(output_, piece.data(), piece.size());
  if (size > 0) said_.append(piece.data(), static_cast<std::size_t>(size));
  return size > 0;
}

void child::signal(int number) const { ::kill(pid_, number); }

std::optional<int> child::ended_within(std::chrono::seconds bound) {
  int status = 0;
  const bool ended = eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, bound);
  if (!ended) return std::nullopt;
  pid_ = 0;
  return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
}

std::string child::log() const {
  std::ifstream file(log_, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace portfolio::blackbox
