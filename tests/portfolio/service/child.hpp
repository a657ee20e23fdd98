#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace portfolio::blackbox {

/// A program that runs beside the test; killed if it still does when its object goes.
class child {
 public:
  /// What it says on standard error goes to the file `log`.
  child(const std::vector<std::string>& command, std::filesystem::path log);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  /// The rest of the first line of standard output that has `text`, after it. Throws if none comes.
  std::string said_after(const std::string& text);
  void signal(int number) const;
  /// Waits for its end: the exit status; none if it was killed by a signal, or has not ended in
  /// time.
  std::optional<int> ended_within(std::chrono::seconds bound);
  /// What it has said on standard error.
  std::string log() const;

 private:
  bool read_more();

  std::filesystem::path log_;
  int pid_ = 0;  // 0: has ended, and was waited for
  int output_ = -1;
  std::string said_;
};

}  // namespace portfolio::blackbox
