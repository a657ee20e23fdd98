#include "flags/detail/contents.hpp"

#include "flags/detail/descriptor.hpp"
#include "flags/errors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace crossfade::flags::detail {
namespace {

// Non-blocking, for opening a pipe would otherwise wait for its writer.
int open_to_read(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

std::chrono::nanoseconds since_epoch(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

fingerprint from(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .modified = since_epoch(status.st_mtim),
          .changed = since_epoch(status.st_ctim)};
}

flag_error unreadable(const std::string& name, int error) {
  return {name, "", "cannot be read: " + std::generic_category().message(error)};
}

struct stat status_of(const descriptor& file, const std::string& name) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw unreadable(name, errno);
  return status;
}

std::string read_all(const descriptor& file, const std::string& name) {
  std::string bytes;
  std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0) return bytes;
    if (count > 0) {
      bytes.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw unreadable(name, errno);
    }
  }
}

// Kernels stamp files with a clock that ticks every few milliseconds, some file systems every
// second or two. A second write in the same tick leaves the fingerprint as it is.
bool beyond_doubt(const fingerprint& print) {
  return std::chrono::system_clock::now().time_since_epoch() - print.changed >
         std::chrono::seconds(2);
}

}  // namespace

std::optional<fingerprint> fingerprint::of(const std::filesystem::path& path) noexcept {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return from(status);
}

contents read_contents(const std::filesystem::path& path, const std::string& name) {
  constexpr int attempts = 3;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const descriptor file(open_to_read(path));
    if (file.get() < 0) throw unreadable(name, errno);
    const auto status = status_of(file, name);
    if (!S_ISREG(status.st_mode)) {
      throw flag_error(name, "", "cannot be read: it is no regular file");
    }
    const auto before = from(status);
    const bool certain = beyond_doubt(before);
    auto bytes = read_all(file, name);
    const auto after = from(status_of(file, name));
    // Not the time of change, which moves too when another file takes this one's name.
    if (after.size == before.size && after.modified == before.modified) {
      return {std::move(bytes), certain ? std::optional(before) : std::nullopt};
    }
  }
  throw flag_error(name, "", "cannot be read: it is being written to");
}

std::string hash(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  std::string digits(16, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, hash /= 16) {
    *digit = "0123456789abcdef"[hash % 16];
  }
  return digits;
}

}  // namespace crossfade::flags::detail
