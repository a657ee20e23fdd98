#include "collector/reporter.hpp"

#include <mutex>

namespace collector {

void reporter::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval_, [this] { return stopped_; })) report();
}

void reporter::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void reporter::report() { lines_.push_back(std::to_string(prices_.known()) + " prices known"); }

}  // namespace collector
