#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "collector/cache.hpp"
#include "compat/task.hpp"

namespace collector {

/// Says now and then how far it has come.
class reporter {
 public:
  reporter(const cache& prices, std::chrono::microseconds interval)
      : prices_(prices), interval_(interval) {}

  /// Reports until it is cancelled.
  crossfade::task<> run();
  void report();

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  const cache& prices_;
  std::chrono::microseconds interval_;
  std::vector<std::string> lines_;
};

}  // namespace collector
