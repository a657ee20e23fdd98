#pragma once

#include "flags/errors.hpp"
#include "flags/reader.hpp"
#include "flags/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crossfade::flags {

/// What became of a new state of the file.
struct file_event {
  std::uint64_t generation;          ///< in force now
  std::vector<std::string> changed;  ///< keys, sorted; none if the file was refused
  std::optional<flag_error> error;   ///< why it was refused; the last good snapshot stays in force
};

struct file_options {
  /// Decides about each candidate, after the format is found right: throws `flag_error` to refuse
  /// it.
  std::function<void(const snapshot&)> accept = {};
  /// Told of each effective change, of each refused content once, and of the end of a refusal; of
  /// the first load too. One call at a time, by the thread that looked: the file's own, the
  /// constructor's or that of `reload`. Must not throw, nor call `reload`, nor destroy the file.
  std::function<void(const file_event&)> on_event = {};
  /// Whether the constructor throws if there is nothing good to load. If not, there are no flags
  /// yet.
  bool must_load = true;
  /// How often to look at a file that gives no hint of having changed.
  std::chrono::milliseconds poll_interval{500};
  /// For how long a file must have been left alone to be read; after ten times as long it is read
  /// anyway.
  std::chrono::milliseconds quiet{50};
  /// How `fractional` assigns keys.
  fractional_generation fractional = fractional_generation::v2;
};

struct file_status {
  std::filesystem::path path;
  std::uint64_t generation = 0;  ///< effective changes so far, the first load included
  std::string content_hash;      ///< of the bytes in force, empty if there are none
  std::optional<std::chrono::system_clock::time_point> loaded_at;
  std::optional<flag_error> error;  ///< why the file, as it is now, is not in force
};

/// A flagd file, loaded and then watched by a thread of its own.
///
/// A new state of the file takes effect as a whole or not at all: whatever is wrong with it, the
/// last good snapshot stays in force. Notices writes in place, replacement by rename, symbolic
/// links pointed elsewhere, deletion and return, and an older file brought back. Content decides,
/// not time stamps.
///
/// Threads: any. Lifetime: readers and choosers may outlive it.
class file {
 public:
  /// Throws: `flag_error` if `must_load` and the file cannot be read or is refused.
  explicit file(std::filesystem::path path, file_options options = {});
  file(const file&) = delete;
  /// Does not wait for the next look; lets one that is under way end.
  ~file();

  flags::reader reader() const;
  flags::chooser chooser() const;
  /// The snapshot in force, shared with the readers that saw it.
  std::shared_ptr<const snapshot> current() const;
  file_status status() const;

  /// Looks at the file now, without waiting for it to be left alone; `status` has the outcome.
  void reload();

 private:
  class watcher;
  std::unique_ptr<watcher> watcher_;
};

}  // namespace crossfade::flags
