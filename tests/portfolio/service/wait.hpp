#pragma once

#include <chrono>
#include <thread>

namespace portfolio::blackbox {

/// Longer than anything takes that works, also where the machine is busy and the code instrumented.
inline constexpr std::chrono::seconds long_enough{60};

/// Looks until `condition()` holds, for what other processes do; whether it came to hold.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds bound = long_enough) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace portfolio::blackbox
