#pragma once

#include <boost/fiber/algo/algorithm.hpp>

#include "fiber_backend/detail/carrier.hpp"

namespace crossfade::fiber_backend::detail {

/// Boost.Fiber's view of the loop: what wakes there joins the loop's ready queue, and who is picked
/// comes from it.
///
/// Installed while the loop runs. Outside of that the thread has Boost.Fiber's stock algorithm.
class algorithm final : public boost::fibers::algo::algorithm {
 public:
  explicit algorithm(engine& owner) noexcept : engine_(owner) {}

  // Calls come from inside Boost.Fiber, right before a switch that has no hook behind it, or right
  // after one that has none before it.
  CROSSFADE_NO_TSAN void awakened(boost::fibers::context* context) noexcept override;
  CROSSFADE_NO_TSAN boost::fibers::context* pick_next() noexcept override;
  bool has_ready_fibers() const noexcept override;
  CROSSFADE_NO_TSAN void suspend_until(
      const std::chrono::steady_clock::time_point& due) noexcept override;
  void notify() noexcept override;

 private:
  engine& engine_;
};

}  // namespace crossfade::fiber_backend::detail
