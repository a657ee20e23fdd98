#pragma once

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "collector/cache.hpp"

namespace collector {

/// Says now and then how far it has come.
class reporter {
 public:
  reporter(const cache& prices, std::chrono::microseconds interval)
      : prices_(prices), interval_(interval) {}

  /// Reports until it is stopped.
  void run();
  void stop();
  void report();

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  const cache& prices_;
  std::chrono::microseconds interval_;
  boost::fibers::mutex mutex_;
  boost::fibers::condition_variable changed_;
  bool stopped_ = false;
  std::vector<std::string> lines_;
};

}  // namespace collector
