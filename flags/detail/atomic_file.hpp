#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags::detail {

/// Excludes whoever else locks the same folder, in this process or another, as long as it lives.
/// The lock is on the folder itself, so that none is left behind.
class folder_lock {
 public:
  /// Blocks until the folder is free. Throws: `std::system_error`.
  explicit folder_lock(const std::filesystem::path& folder);
  folder_lock(const folder_lock&) = delete;
  ~folder_lock();

 private:
  int fd_;
};

struct replacement {
  /// Whose mode and owner a file gets that was not there; none: the process's.
  std::filesystem::path like = {};
  /// Called ahead of each step, with its name. For tests.
  std::function<void(std::string_view step)> before = {};
  /// Whether to exchange the two files where the file system can. For tests.
  bool exchange = true;
};

/// Whether `replace_file` did, or why the file was not what was expected.
enum class replaced {
  yes,
  changed_before,     ///< before it looked
  changed_meanwhile,  ///< since it looked
};

/// Makes the file hold `text`, if it holds `expected`; unset: if there is none.
///
/// Whoever reads it, also after a crash at any moment, finds the one or the other whole. Mode and
/// owner stay; extended attributes do not. A file saved by somebody else in the last instant is put
/// back by exchanging it again; on a file system that cannot exchange two files it is lost. So is
/// what a program writes, later, into the file that it had opened before.
/// Threads: one at a time for each folder, as `folder_lock` sees to.
/// Throws: `std::system_error` if it cannot be written, or the owner cannot be kept.
replaced replace_file(const std::filesystem::path& file, const std::optional<std::string>& expected,
                      std::string_view text, const replacement& how = {});

/// Removes the file if it holds `expected`, and says whether it did.
bool remove_file(const std::filesystem::path& file, const std::string& expected);

/// What a crash left of `replace_file`, beside the file.
std::vector<std::filesystem::path> leftovers(const std::filesystem::path& file);

/// All bytes of the file; unset if there is none. Throws: `std::system_error`.
std::optional<std::string> read_if_there(const std::filesystem::path& file);

/// A file of lines that only grows.
class line_log {
 public:
  /// Opens it; a new one gets the mode of the file `like`. Throws: `std::system_error`.
  line_log(std::filesystem::path file, const std::filesystem::path& like);
  line_log(const line_log&) = delete;
  ~line_log();

  /// Adds a line in one write, and waits until it is on the disk. Throws: `std::system_error`.
  void append(std::string_view line) const;

 private:
  std::filesystem::path file_;
  int fd_;
};

}  // namespace crossfade::flags::detail
