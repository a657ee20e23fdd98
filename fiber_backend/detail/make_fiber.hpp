#pragma once

#include <cstddef>
#include <memory>

#include "fiber_backend/detail/carrier.hpp"

namespace crossfade::fiber_backend::detail {

/// Makes a fiber that runs `owner.main_of(c)` on a guarded stack of `stack_size` bytes, and tells
/// Boost.Fiber's algorithm that it is ready. The carrier belongs to the fiber. Throws:
/// `std::bad_alloc`.
carrier& make_fiber(std::unique_ptr<carrier> c, std::size_t stack_size, engine& owner);

}  // namespace crossfade::fiber_backend::detail
