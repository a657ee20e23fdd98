#pragma once

#include <filesystem>

namespace portfolio::blackbox {

/// A new folder for files of a test, which goes with its object.
class folder {
 public:
  folder();
  ~folder();
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace portfolio::blackbox
