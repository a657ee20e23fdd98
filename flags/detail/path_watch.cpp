#include "flags/detail/path_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <system_error>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

namespace fs = std::filesystem;

/// The entries that decide where a path leads: each symbolic link on the way, and the file at its
/// end.
std::vector<fs::path> decisive_entries(const fs::path& path) {
  constexpr int max_links = 40;  // as many as the kernel follows
  std::vector<fs::path> entries;
  fs::path at = path.root_path();
  const fs::path relative = path.relative_path();
  std::list<fs::path> ahead(relative.begin(), relative.end());
  while (!ahead.empty() && entries.size() <= max_links) {
    const fs::path name = std::move(ahead.front());
    ahead.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      at = at.parent_path();  // right, for no link is left in it
      continue;
    }
    std::error_code no_link;
    const fs::path target = fs::read_symlink(at / name, no_link);
    if (no_link) {
      at /= name;
      continue;
    }
    entries.push_back(at / name);
    if (target.is_absolute()) at = target.root_path();
    const fs::path steps = target.relative_path();
    ahead.insert(ahead.begin(), steps.begin(), steps.end());
  }
  entries.push_back(at);
  return entries;
}

// Not IN_MODIFY: a file is worth reading when its writer closes it.
constexpr std::uint32_t events = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE |
                                 IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

// Without inotify, a scarce resource, looking from time to time is enough.
path_watch::path_watch()
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (stop_ < 0) {
    const int error = errno;
    if (inotify_ >= 0) ::close(inotify_);
    throw std::system_error(error, std::generic_category(), "eventfd");
  }
}

path_watch::~path_watch() {
  if (inotify_ >= 0) ::close(inotify_);
  ::close(stop_);
}

void path_watch::follow(const std::vector<fs::path>& paths) {
  std::map<int, std::set<std::string>> names;
  for (const fs::path& path : paths) {
    for (const fs::path& entry : decisive_entries(path)) {
      const int directory =
          ::inotify_add_watch(inotify_, entry.parent_path().c_str(), events | IN_ONLYDIR);
      if (directory >= 0) names[directory].insert(entry.filename());
    }
  }
  for (const auto& [directory, unused] : names_) {
    if (!names.contains(directory)) ::inotify_rm_watch(inotify_, directory);
  }
  names_ = std::move(names);
}

path_watch::wake path_watch::wait(std::chrono::milliseconds time) {
  using clock = std::chrono::steady_clock;
  // The bound keeps the sum from overflowing; who waits for days may look once a day.
  const auto deadline =
      clock::now() + std::min<std::chrono::milliseconds>(time, std::chrono::days(1));
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    std::array<pollfd, 2> sources{{{stop_, POLLIN, 0}, {inotify_, POLLIN, 0}}};
    const int ready = ::poll(sources.data(), sources.size(),
                             static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (sources[0].revents != 0) return wake::stopped;
    if (ready > 0 && read_hints()) return wake::hint;
    if (left.count() <= 0) return wake::timeout;
  }
}

void path_watch::stop() noexcept { ::eventfd_write(stop_, 1); }

bool path_watch::read_hints() {
  bool hint = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::read(inotify_, buffer.data(), buffer.size());
    if (size <= 0) return hint;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event;
      std::memcpy(&event, &buffer[at], sizeof event);
      const char* name = &buffer[at + sizeof event];
      at += sizeof event + event.len;
      const auto directory = names_.find(event.wd);
      const bool lost_some = event.wd < 0;
      const bool of_directory_itself = event.len == 0;
      hint =
          hint || lost_some ||
          (directory != names_.end() && (of_directory_itself || directory->second.contains(name)));
    }
  }
}

}  // namespace crossfade::flags::detail
