#pragma once

#include "tool/common.hpp"

#include "flags/stage.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace crossfade::tool {

struct choice {
  std::string flag;
  std::string variant;
  bool keep_rule = false;
  bool add_variant = false;
};

status set(const common& options, const writing& writing, const choice& choice);
status set_enabled(const common& options, const writing& writing, const std::string& flag,
                   bool enabled);
status rollout(const common& options, const writing& writing, const std::string& flag,
               const flags::share& coro);
/// Ends a move: the variant `fiber` goes. Refused unless the flag is live.
status complete(const common& options, const writing& writing, const std::string& flag);
/// Unset: the version before.
status rollback(const common& options, const writing& writing, std::optional<std::size_t> version);

}  // namespace crossfade::tool
