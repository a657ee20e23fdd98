#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade::flags::detail {

/// What tells two states of a file apart without reading it. Any difference counts: a roll-back
/// brings an older time.
struct fingerprint {
  dev_t device;
  ino_t inode;
  off_t size;
  std::chrono::nanoseconds modified;
  std::chrono::nanoseconds changed;

  bool operator==(const fingerprint&) const = default;

  /// Of the file the path leads to; unset if it leads to none.
  static std::optional<fingerprint> of(const std::filesystem::path& path) noexcept;
};

struct contents {
  std::string bytes;
  /// Unset if the file changed so recently that a further change might leave no trace in it.
  std::optional<detail::fingerprint> fingerprint;
};

/// All bytes of a regular file, none of them read while it was being written.
/// Throws: `flag_error` with `name`.
contents read_contents(const std::filesystem::path& path, const std::string& name);

/// 16 hexadecimal digits that change with the bytes (FNV-1a).
std::string hash(std::string_view bytes);

}  // namespace crossfade::flags::detail
