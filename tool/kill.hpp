#pragma once

#include "tool/common.hpp"

#include <string>
#include <vector>

namespace crossfade::tool {

/// No keys: all.
status kill(const common& options, const writing& writing, const std::vector<std::string>& keys);
status unkill(const common& options, const writing& writing, const std::vector<std::string>& keys);

}  // namespace crossfade::tool
