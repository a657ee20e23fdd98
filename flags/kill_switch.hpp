#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags {

/// Which flags answer their code's default, whatever else is said about them.
///
/// Its text has one flag key a line; `#`, at the start of a line or behind a blank, begins a
/// comment. A text without a key kills every flag, so that `touch flags.json.kill` is enough.
/// Only where there is no text at all is nothing killed.
/// Threads: any may read one that does not change.
struct kill_switch {
  bool all = false;               ///< every flag, of which `keys` then are some
  std::vector<std::string> keys;  ///< sorted, each once

  /// Reads the text; `name` stands for it in errors.
  /// Throws: `flag_error` if the text is none. Who runs a service should take that for `all`:
  /// somebody wanted to kill something.
  static kill_switch parse(std::string_view text, const std::string& name);

  /// Where a file's kill switch is: beside it, with `.kill` behind its name.
  static std::filesystem::path beside(std::filesystem::path flag_file) {
    return flag_file += ".kill";
  }

  bool covers(std::string_view key) const noexcept;
  /// Has the key covered as well.
  void add(std::string_view key);
  bool covers_nothing() const noexcept { return !all && keys.empty(); }

  /// A text that reads as this; unset if nothing is killed, for which there is no text.
  /// Throws: `std::invalid_argument` if a key cannot stand on a line of its own.
  std::optional<std::string> to_text() const;

  bool operator==(const kill_switch&) const = default;
};

}  // namespace crossfade::flags
