#pragma once

#include "flags/errors.hpp"
#include "flags/kill_switch.hpp"
#include "flags/snapshot.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags {

/// As `file_status::content_hash`: 16 hexadecimal digits that change with the text.
std::string content_hash(std::string_view text);

/// Somebody else changed the file since it was read; it is as they left it.
class edit_conflict : public flag_error {
 public:
  using flag_error::flag_error;
};

/// What one flag said before and after an edit, as JSON; empty where it was not there.
struct audited_change {
  std::string flag;  ///< `*` for all
  std::string before;
  std::string after;
  bool operator==(const audited_change&) const = default;
};

/// What an edit changed, flag by flag.
std::vector<audited_change> audited_changes(const snapshot& before, const snapshot& after);
/// That the kill switch covers a flag, or all (`*`), which it did not, or the reverse.
audited_change audited_kill(std::string_view key, bool killed);

/// Why and how a file was changed.
struct audit_note {
  std::string verb;
  std::string reason;  ///< may be empty
  std::vector<audited_change> changes;
};

/// One line of the audit log.
struct audit_entry {
  std::string time;  ///< UTC, to the millisecond: 2024-02-29T23:59:59.123Z
  std::string user;
  std::string host;
  audit_note note;
  std::optional<std::size_t> version;  ///< what it became; unset for the kill switch
  std::string hash_before;             ///< as `file_status::content_hash`; empty: no file
  std::string hash_after;
};

/// A text that a flag file had.
struct saved_version {
  std::size_t number;  ///< from 1, never used again
  std::string hash;
  std::chrono::system_clock::time_point saved_at;
};

struct store_options {
  std::size_t keep = 20;  ///< versions, at least 2
  /// Called ahead of each step of a replacement, with its name. For tests of crashes and races.
  std::function<void(std::string_view step)> before_step = {};
};

/// A flag file that is edited: by one at a time, whole or not at all, and with a memory.
///
/// Beside the file, under the name it was given here, are `FILE.history/`, the last versions;
/// `FILE.audit.jsonl`, which only grows; and `FILE.kill`, the kill switch. The file itself may be
/// behind symbolic links; they stay. Its mode and owner are kept, extended attributes are not.
///
/// An edit waits for those that others make through a store, and is refused if the file is not as
/// it was read. A save by any other program, up to the instant of the replacement, is noticed too
/// and left in force, where the file system can exchange two files (Linux does on ext4, xfs, btrfs,
/// tmpfs); elsewhere one in the last instant is lost. A crash leaves the old file or the new one.
/// Threads: any. Throws: `std::system_error` too, where what is beside the file cannot be read.
class store {
 public:
  explicit store(std::filesystem::path file, store_options options = {});

  const std::filesystem::path& file() const noexcept { return file_; }
  std::filesystem::path kill_file() const { return kill_switch::beside(beside("")); }

  /// The text now. Throws: `flag_error` if it cannot be read.
  std::string read() const;
  /// Makes `text` the file's, which must still hold `base`; gives its version.
  /// Throws: `edit_conflict`, `flag_error` if the file or what is beside it cannot be written; what
  /// is in force then is in the message where it is not `base`.
  std::size_t replace(const std::string& base, const std::string& text, const audit_note& note);

  /// Oldest first.
  std::vector<saved_version> versions() const;
  /// Throws: `flag_error` if there is no such version, or no longer.
  std::string read_version(std::size_t number) const;
  /// The newest that loads and is not as the file is now. Throws: `flag_error` if there is none.
  saved_version previous() const;

  /// The kill switch's text; unset if there is none. Throws: `flag_error` if it cannot be read.
  std::optional<std::string> kill_text() const;
  /// Throws: `flag_error` if it cannot be read, or is no text.
  kill_switch killed() const;
  /// Makes it what `change` makes of it. Gives why the audit log does not know, if it does not:
  /// that stops nobody. Throws: `edit_conflict`, `flag_error`, and what `change` throws.
  std::optional<std::string> change_killed(
      const std::function<kill_switch(const std::optional<std::string>& text)>& change,
      const audit_note& note);

  /// Oldest first, without lines that are none.
  std::vector<audit_entry> audit() const;

 private:
  std::filesystem::path beside(std::string_view suffix) const;
  std::filesystem::path version_path(std::size_t number) const;
  void keep_leftovers(const std::filesystem::path& real) const;
  std::size_t save_version(const std::string& text) const;
  void forget_old_versions() const;

  std::filesystem::path file_;
  store_options options_;
};

}  // namespace crossfade::flags
