#pragma once

#include <filesystem>
#include <string_view>

namespace crossfade::ab {

/// A file that a report is to be written to, later.
///
/// Written whole: whoever reads it, also after a crash, finds what was there before or all of the
/// report. What is no plain file, as a pipe or a device, is written to as it is.
class report_file {
 public:
  /// Sees to it that it can be written, and leaves it as it is. Throws: `std::system_error`.
  explicit report_file(const std::filesystem::path& name);

  /// Throws: `std::system_error`.
  void write(std::string_view text) const;

 private:
  std::filesystem::path name_;
  std::filesystem::path beside_;  // written first; empty if it is no plain file
};

}  // namespace crossfade::ab
