#pragma once

#include <boost/fiber/properties.hpp>
#include <memory>

#include "fiber_backend/detail/stack_pool.hpp"

namespace crossfade::fiber_backend::detail {

class carrier;
class engine;

/// Makes a fiber on the stack, below `top`, and tells Boost.Fiber's algorithm that it is ready.
/// `properties` are those of `self`. The stack goes back to its pool when the fiber is released.
void make_fiber(std::shared_ptr<stack_pool> pool, const stack_pool::stack& stack, void* top,
                boost::fibers::fiber_properties& properties, engine& owner, carrier& self) noexcept;

/// What it runs. Defined by the engine.
void run_fiber(engine& owner, carrier& self) noexcept;

}  // namespace crossfade::fiber_backend::detail
