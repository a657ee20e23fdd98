#pragma once

#include "flags/errors.hpp"
#include "flags/kill_switch.hpp"
#include "flags/overrides.hpp"
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

/// What became of a new state of the file, or of its kill switch.
struct file_event {
  std::uint64_t generation;          ///< in force now
  std::vector<std::string> changed;  ///< keys, sorted
  /// What is wrong and was not so far: with the file, of which the last good state stays in force;
  /// with the kill switch, which then kills all; with an override, which does not count.
  std::optional<flag_error> error;
};

struct file_options {
  /// Decides about each candidate, after the format is found right: throws `flag_error` to refuse
  /// it.
  std::function<void(const snapshot&)> accept = {};
  /// Told of each effective change, of each error once, and of the end of a refusal; of the first
  /// load too. One call at a time, by the thread that looked: the file's own, the
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
  /// Ahead of what the file says; for a service, `overrides::from_environment()`.
  flags::overrides overrides = {};
  /// How `fractional` assigns keys.
  fractional_generation fractional = fractional_generation::v2;
};

struct file_status {
  std::filesystem::path path;
  std::uint64_t generation = 0;  ///< effective changes so far, the first load included
  std::string content_hash;      ///< of the bytes in force, empty if there are none
  std::optional<std::chrono::system_clock::time_point> loaded_at;
  std::optional<flag_error> error;  ///< why the file, as it is now, is not in force
  std::uint64_t refusals = 0;       ///< states of the file that were refused so far

  kill_switch killed;                       ///< in force now
  std::optional<flag_error> kill_error;     ///< why all are killed, if the kill switch says no such
  std::vector<flag_error> override_errors;  ///< overrides that do not count, and why
};

/// A flagd file, loaded and then watched by a thread of its own.
///
/// A new state of the file takes effect as a whole or not at all: whatever is wrong with it, the
/// last good snapshot stays in force. Notices writes in place, replacement by rename, symbolic
/// links pointed elsewhere, deletion and return, and an older file brought back. Content decides,
/// not time stamps.
///
/// Beside it, the file of the same name with `.kill` behind it is the kill switch: while it is
/// there, the flags in it, or all, give the caller's fallback, whatever the file says and even if
/// that is broken. It is watched in the same way. Overrides come next, and the file last.
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
