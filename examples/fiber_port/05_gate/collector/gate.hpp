#pragma once

#include <cstddef>

#include "compat/semaphore.hpp"

namespace collector {

/// Lets so many in at once; who comes then waits until one leaves.
class gate {
 public:
  using pass = crossfade::semaphore::permit;

  explicit gate(std::size_t room) : room_(room) {}
  crossfade::op<pass> enter();

 private:
  crossfade::semaphore room_;
};

}  // namespace collector
