#pragma once

#include "tool/common.hpp"

#include <string>
#include <vector>

namespace crossfade::tool {

status validate(const common& options);
/// Between two versions, or files; one: between it and the file; none: between the version before
/// and the file.
status diff(const common& options, const std::vector<std::string>& sides);
status history(const common& options);

}  // namespace crossfade::tool
