#include "fiber_backend/detail/algorithm.hpp"

#include "fiber_backend/detail/engine.hpp"

namespace crossfade::fiber_backend::detail {

void algorithm::awakened(boost::fibers::context* context) noexcept { engine_.awakened(*context); }

boost::fibers::context* algorithm::pick_next() noexcept { return engine_.pick_next(); }

bool algorithm::has_ready_fibers() const noexcept { return engine_.has_ready_fibers(); }

void algorithm::suspend_until(const std::chrono::steady_clock::time_point& due) noexcept {
  engine_.dispatcher_is_idle_until(due);
}

void algorithm::notify() noexcept { engine_.woken_by_another_thread(); }

}  // namespace crossfade::fiber_backend::detail
