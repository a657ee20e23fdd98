#pragma once

#include <filesystem>
#include <string>

namespace crossfade::workloads {

/// A new folder below the system's temporary one, which goes, with all that is in it, with its
/// object. Throws: `std::system_error` if it cannot be made.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace crossfade::workloads
