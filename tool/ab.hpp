#pragma once

#include "tool/common.hpp"

#include <string>
#include <vector>

namespace crossfade::tool {

/// The verb `ab`, whose command line is its own: `arguments` are what stands behind it.
status ab(const std::vector<std::string>& arguments);

}  // namespace crossfade::tool
