#include "flags/detail/atomic_file.hpp"

#include "flags/detail/descriptor.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_end = ".new";

[[noreturn]] void fail(const std::string& what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

void check(int result, const std::string& what) {
  if (result < 0) fail(what);
}

void write_all(int fd, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      fail(what);
    }
  }
}

/// Without which a rename may be undone by a crash.
void sync_folder(const fs::path& folder) {
  const descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  check(opened.get(), folder.string());
  check(::fsync(opened.get()), folder.string());
}

std::string temporary_begin(const fs::path& file) { return '.' + file.filename().string() + '.'; }

/// A file beside another, which goes unless it was given away.
class temporary {
 public:
  temporary(const fs::path& beside, std::string_view text, const struct stat* like) {
    std::string name = (beside.parent_path() / temporary_begin(beside)).string() + "XXXXXX";
    name += temporary_end;
    const descriptor opened(
        ::mkostemps(name.data(), static_cast<int>(temporary_end.size()), O_CLOEXEC));
    check(opened.get(), beside.parent_path().string());
    path_ = name;
    try {
      adopt_rights(opened, beside, like);
      write_all(opened.get(), text, name);
      check(::fsync(opened.get()), name);
    } catch (...) {
      ::unlink(name.c_str());
      throw;
    }
  }
  temporary(const temporary&) = delete;
  ~temporary() { ::unlink(path_.c_str()); }

  const fs::path& path() const { return path_; }

 private:
  static void adopt_rights(const descriptor& opened, const fs::path& beside,
                           const struct stat* like) {
    mode_t mode = 0;
    if (like != nullptr) {
      struct stat own {};
      check(::fstat(opened.get(), &own), beside.string());
      const bool same_owner = own.st_uid == like->st_uid && own.st_gid == like->st_gid;
      if (!same_owner && ::fchown(opened.get(), like->st_uid, like->st_gid) != 0) {
        fail(beside.string() + ": its owner cannot be kept; become that user, or root");
      }
      mode = like->st_mode & 07777;
    } else {
      const mode_t mask = ::umask(0);
      ::umask(mask);
      mode = 0666 & ~mask;
    }
    check(::fchmod(opened.get(), mode), beside.string());
  }

  fs::path path_;
};

enum class exchanged { yes, impossible };

exchanged exchange(const fs::path& a, const fs::path& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) {
    return exchanged::yes;
  }
  const bool impossible = errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
  if (!impossible) fail(b.string());
  return exchanged::impossible;
}

/// Puts what is at `out`, and was saved by somebody else while `in_file` came into the file, back.
template <class Step>
void put_back(const fs::path& file, const fs::path& out, std::string in_file, const Step& step) {
  std::string newest = *read_if_there(out);
  for (;;) {
    step("put back");
    if (exchange(out, file) == exchanged::impossible) return;
    std::string next = *read_if_there(out);
    if (next == in_file) return;
    // What comes out instead was saved since, and is newer.
    in_file = std::exchange(newest, std::move(next));
  }
}

}  // namespace

folder_lock::folder_lock(const fs::path& folder)
    : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  check(fd_, folder.string());
  while (::flock(fd_, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    const int error = errno;
    ::close(fd_);
    fail(folder.string() + ": cannot be locked", error);
  }
}

folder_lock::~folder_lock() { ::close(fd_); }

replaced replace_file(const fs::path& file, const std::optional<std::string>& expected,
                      std::string_view text, const replacement& how) {
  const auto step = [&](std::string_view name) {
    if (how.before) how.before(name);
  };
  step("read");
  if (read_if_there(file) != expected) return replaced::changed_before;
  struct stat status {};
  const fs::path& like = expected ? file : how.like;
  if (!like.empty()) check(::stat(like.c_str(), &status), like.string());
  step("write");
  const temporary fresh(file, text, like.empty() ? nullptr : &status);
  step("exchange");
  if (!expected) {
    if (::link(fresh.path().c_str(), file.c_str()) != 0) {
      if (errno == EEXIST) return replaced::changed_meanwhile;
      fail(file.string());
    }
  } else if (how.exchange && exchange(fresh.path(), file) == exchanged::yes) {
    step("look back");
    if (read_if_there(fresh.path()) != expected) {
      put_back(file, fresh.path(), std::string(text), step);
      sync_folder(file.parent_path());
      return replaced::changed_meanwhile;
    }
  } else {
    if (read_if_there(file) != expected) return replaced::changed_meanwhile;
    check(::rename(fresh.path().c_str(), file.c_str()), file.string());
  }
  step("sync");
  sync_folder(file.parent_path());
  return replaced::yes;
}

bool remove_file(const fs::path& file, const std::string& expected) {
  const fs::path aside =
      file.parent_path() / (temporary_begin(file) + "gone" + std::string(temporary_end));
  check(::rename(file.c_str(), aside.c_str()), file.string());
  const bool is_expected = read_if_there(aside) == expected;
  // Linking does not replace a file that has come meanwhile.
  if (!is_expected) static_cast<void>(::link(aside.c_str(), file.c_str()));
  check(::unlink(aside.c_str()), aside.string());
  sync_folder(file.parent_path());
  return is_expected;
}

std::vector<fs::path> leftovers(const fs::path& file) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(file.parent_path())) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with(temporary_begin(file)) && name.ends_with(temporary_end);
    if (ours) found.push_back(entry.path());
  }
  return found;
}

std::optional<std::string> read_if_there(const fs::path& file) {
  const descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(file.string());
  }
  std::string bytes;
  std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t count = ::read(opened.get(), buffer.data(), buffer.size());
    if (count == 0) return bytes;
    if (count > 0) {
      bytes.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      fail(file.string());
    }
  }
}

line_log::line_log(fs::path file, const fs::path& like)
    : file_(std::move(file)),
      fd_(::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  check(fd_, file_.string());
  struct stat own {};
  struct stat theirs {};
  const bool is_new = ::fstat(fd_, &own) == 0 && own.st_size == 0;
  if (is_new && ::stat(like.c_str(), &theirs) == 0) {
    // That it is somebody else's, and empty, is no reason not to write to it.
    static_cast<void>(::fchown(fd_, theirs.st_uid, theirs.st_gid) +
                      ::fchmod(fd_, theirs.st_mode & 0666));
  }
}

line_log::~line_log() { ::close(fd_); }

void line_log::append(std::string_view line) const {
  struct stat status {};
  check(::fstat(fd_, &status), file_.string());
  char last = '\n';
  if (status.st_size > 0 && ::pread(fd_, &last, 1, status.st_size - 1) < 0) fail(file_.string());
  std::string bytes(last == '\n' ? "" : "\n");  // a crash may have left half a line
  bytes += line;
  bytes += '\n';
  write_all(fd_, bytes, file_.string());
  check(::fsync(fd_), file_.string());
}

}  // namespace crossfade::flags::detail
