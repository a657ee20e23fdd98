#pragma once

#include "compat/clock.hpp"

#include <chrono>

namespace portfoliod {

/// A length of time as JSON, the log and the metrics give it.
inline double seconds(crossfade::duration length) {
  return std::chrono::duration<double>(length).count();
}

}  // namespace portfoliod
