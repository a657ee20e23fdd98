#pragma once

#include <boost/fiber/context.hpp>

namespace crossfade::fiber_backend::detail {
struct access_to_specifics;
}

// What `fiber_specific_ptr`s hold can be reached for one pointer at a time only, but by the
// `worker_context`s, which are friends. This is one.
template <>
class boost::fibers::worker_context<crossfade::fiber_backend::detail::access_to_specifics> {
 public:
  static void drop(context& fiber) noexcept {
    // One at a time, so that what a clean-up sets is cleaned up as well.
    while (!fiber.fss_data_.empty()) [[unlikely]]
      fiber.fss_data_.extract(fiber.fss_data_.begin()).mapped().do_cleanup();
  }
};

namespace crossfade::fiber_backend::detail {

/// Cleans up what `boost::fibers::fiber_specific_ptr`s hold for the active fiber, as its end would.
///
/// For a fiber of the pool, which carries one task after the other: what one left must not be seen
/// by the next.
inline void drop_fiber_specifics(boost::fibers::context& active) noexcept {
  boost::fibers::worker_context<access_to_specifics>::drop(active);
}

}  // namespace crossfade::fiber_backend::detail
