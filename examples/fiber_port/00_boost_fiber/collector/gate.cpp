#include "collector/gate.hpp"

#include <mutex>

namespace collector {

gate::pass gate::enter() {
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return room_ > 0; });
  --room_;
  return pass(this);
}

void gate::leave() {
  const std::lock_guard lock(mutex_);
  ++room_;
  left_.notify_one();
}

}  // namespace collector
