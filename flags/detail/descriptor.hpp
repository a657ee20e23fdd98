#pragma once

#include <unistd.h>

namespace crossfade::flags::detail {

/// A file descriptor that is closed when this goes; a negative one is none.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace crossfade::flags::detail
