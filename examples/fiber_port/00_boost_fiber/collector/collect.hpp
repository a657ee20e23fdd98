#pragma once

#include "examples/fiber_port/job.hpp"

namespace collector {

/// Finds the prices of all symbols, by several workers at once.
fiber_port::summary collect(const fiber_port::job& todo);

}  // namespace collector
