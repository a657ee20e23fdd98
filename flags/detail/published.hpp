#pragma once

#include "flags/snapshot.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace crossfade::flags::detail {

/// Where a file leaves its snapshot and its readers find it.
struct published {
  std::atomic<std::uint64_t> generation{0};  // written under the mutex, with `current`
  std::mutex mutex;
  std::shared_ptr<const snapshot> current = std::make_shared<const snapshot>();
};

}  // namespace crossfade::flags::detail
