#pragma once

#include "examples/fiber_port/job.hpp"

namespace collector {

/// What the program's `main` does.
fiber_port::summary run(const fiber_port::job& todo);

}  // namespace collector
