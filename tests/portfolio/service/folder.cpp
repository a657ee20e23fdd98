#include "tests/portfolio/service/folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace portfolio::blackbox {

folder::folder() {
  std::string name = (std::filesystem::temp_directory_path() / "portfolio-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
}

folder::~folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace portfolio::blackbox
