#pragma once

#include "tool/common.hpp"

#include "flags/stage.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace crossfade::tool {

struct simulation {
  std::string flag;
  std::string keys;       ///< a file with one targeting key a line, `-` for standard input
  std::size_t count = 0;  ///< instead: that many keys that are made up
  std::vector<flags::share> shares;  ///< settings to go through, one after the other
  bool force = false;
};

status simulate(const common& options, const simulation& simulation);

}  // namespace crossfade::tool
