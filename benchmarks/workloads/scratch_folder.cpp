#include "benchmarks/workloads/scratch_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace crossfade::workloads {

scratch_folder::scratch_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "crossfade-ab-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace crossfade::workloads
