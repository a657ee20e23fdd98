#include "benchmarks/ab/report_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

namespace crossfade::ab {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file) {
  throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(),
                          file.string() + ": cannot be written");
}

void write_through(const fs::path& file, std::string_view text) {
  errno = 0;
  std::ofstream out(file, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) fail(file);
}

}  // namespace

report_file::report_file(const fs::path& name) : name_(name) {
  if (fs::exists(name) && !fs::is_regular_file(name)) {
    if (fs::is_directory(name)) {
      errno = EISDIR;
      fail(name);
    }
    errno = 0;
    if (!std::ofstream(name, std::ios::app)) fail(name);
    return;
  }
  // Behind a symbolic link: what is replaced is the file, not the link.
  name_ = fs::weakly_canonical(name);
  beside_ = name_;
  beside_ += '.' + std::to_string(::getpid());
  write_through(beside_, {});
  fs::remove(beside_);
}

void report_file::write(std::string_view text) const {
  if (beside_.empty()) return write_through(name_, text);
  try {
    write_through(beside_, text);
    fs::rename(beside_, name_);
  } catch (...) {
    std::error_code ignored;
    fs::remove(beside_, ignored);
    throw;
  }
}

}  // namespace crossfade::ab
