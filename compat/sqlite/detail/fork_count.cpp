#include "compat/sqlite/detail/fork_count.hpp"

#include <pthread.h>

#include <atomic>

namespace crossfade::sqlite::detail {

namespace {

std::atomic<unsigned> forks = 0;

}  // namespace

unsigned fork_count() noexcept {
  [[maybe_unused]] static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  return forks.load(std::memory_order_relaxed);
}

}  // namespace crossfade::sqlite::detail
