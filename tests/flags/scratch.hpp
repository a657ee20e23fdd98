#pragma once

#include "flags/file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>

namespace crossfade::flags {

namespace fs = std::filesystem;

/// A folder of the test's own, gone with it.
class scratch_folder {
 public:
  scratch_folder() {
    std::string name = (fs::temp_directory_path() / "crossfade-flags-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  scratch_folder(const scratch_folder&) = delete;
  ~scratch_folder() { fs::remove_all(path_); }

  fs::path operator/(const fs::path& entry) const { return path_ / entry; }

 private:
  fs::path path_;
};

inline void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("write " + path.string());
}

/// A file whose flag `prices` has this default; both are as long as each other.
inline std::string choosing(const std::string& variant) {
  return R"({"flags": {"prices": {"state": "ENABLED", "defaultVariant": ")" + variant +
         R"(", "variants": {"fiber": "fiber", "corou": "coro"}}}})";
}

/// Keeps what a file tells, until a test asks.
class event_log {
 public:
  std::function<void(const file_event&)> sink() {
    return [this](const file_event& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
      arrived_.notify_one();
    };
  }

  /// The next event; waits for it, but not for ever.
  file_event next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return !events_.empty(); })) {
      throw std::runtime_error("no event within a minute");
    }
    file_event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<file_event> events_;
};

}  // namespace crossfade::flags
