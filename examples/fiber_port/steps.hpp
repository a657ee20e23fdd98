#pragma once

#include <string_view>
#include <vector>

#include "examples/fiber_port/job.hpp"

namespace fiber_port {

/// One step of the port: the whole program as it then is.
struct step {
  std::string_view name;
  summary (*run)(const job& todo);
};

/// All of them, the program before the port first. Made by CMake from the folders.
const std::vector<step>& steps();

}  // namespace fiber_port
