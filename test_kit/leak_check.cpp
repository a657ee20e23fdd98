#include "test_kit/leak_check.hpp"

#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <thread>

namespace crossfade::test_kit {

namespace {

struct closer {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

// Calls `visit(number, own)` for each number the folder lists; `own` is the descriptor of the look.
template <class Visit>
void each_number(const char* path, Visit visit) {
  const std::unique_ptr<DIR, closer> folder(::opendir(path));
  if (folder == nullptr) return;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    int number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc()) visit(number, ::dirfd(folder.get()));
  }
}

std::string about_thread(int thread, const char* what) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/" + what);
  std::string line;
  std::getline(file, line);
  return line;
}

// A thread that was joined may be listed for a moment, but it has been marked as exiting by then.
bool is_exiting(int thread) {
  constexpr unsigned long exiting = 0x4;  // PF_EXITING of the kernel's flags
  constexpr int fields_before_flags = 6;
  const std::string stat = about_thread(thread, "stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return true;  // gone by now
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < fields_before_flags; ++i) fields >> skipped;
  unsigned long flags = 0;
  fields >> flags;
  return (flags & exiting) != 0;
}

// With the first thread of a program ThreadSanitizer starts one of its own, which stays.
void start_first_thread() {
  [[maybe_unused]] static const bool once = [] {
    std::thread([] {}).join();
    return true;
  }();
}

}  // namespace

leak_check::leak_check() : files_before_(open_files()), threads_before_(running_threads()) {}

leak_check::~leak_check() {
  for (const auto& [descriptor, target] : open_files()) {
    const auto before = files_before_.find(descriptor);
    if (before != files_before_.end() && before->second == target) continue;
    ADD_FAILURE() << "file descriptor " << descriptor << " (" << target
                  << ") was opened and not closed";
  }
  for (const int thread : running_threads()) {
    if (threads_before_.contains(thread) || is_exiting(thread)) continue;
    ADD_FAILURE() << "thread " << thread << " '" << about_thread(thread, "comm")
                  << "' was started and still runs";
  }
}

leak_check::files leak_check::open_files() {
  files open;
  each_number("/proc/self/fd", [&](int descriptor, int own) {
    if (descriptor == own) return;
    std::array<char, 256> target;
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) return;
    open.emplace(descriptor, std::string(target.data(), static_cast<std::size_t>(length)));
  });
  return open;
}

std::set<int> leak_check::running_threads() {
  start_first_thread();
  std::set<int> threads;
  each_number("/proc/self/task", [&](int thread, int /*own*/) { threads.insert(thread); });
  return threads;
}

}  // namespace crossfade::test_kit
