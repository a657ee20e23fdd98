#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace crossfade::flags::detail {

/// Hints that one of several paths may lead to another file, or to other bytes, than before.
///
/// Listens to the directory of each path and of each symbolic link on the way, for the file itself
/// may never change: it may be replaced, and a link may be pointed elsewhere. Some file systems
/// give no hints at all, so look from time to time in any case.
class path_watch {
 public:
  enum class wake { stopped, hint, timeout };

  path_watch();
  path_watch(const path_watch&) = delete;
  ~path_watch();

  /// Listens where the paths, absolute ones, lead now; no longer where it listened before.
  void follow(const std::vector<std::filesystem::path>& paths);

  /// Blocks the thread until there is a hint, the time is over, or `stop` was called, ever.
  wake wait(std::chrono::milliseconds time);

  /// Threads: any. All else belongs to one thread at a time.
  void stop() noexcept;

 private:
  bool read_hints();

  int inotify_;
  int stop_;
  std::map<int, std::set<std::string>> names_;  // of interest, by watched directory
};

}  // namespace crossfade::flags::detail
