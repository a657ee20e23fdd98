#pragma once

#include "tool/common.hpp"

#include <optional>
#include <string>

namespace crossfade::tool {

/// For whom a flag is asked.
struct asked {
  std::string flag;
  std::string targeting_key;  ///< empty: none
  std::string context;        ///< a JSON object; empty: none
};

status list(const common& options);
status get(const common& options, const asked& asked);
status explain(const common& options, const asked& asked);

}  // namespace crossfade::tool
