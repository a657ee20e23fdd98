#pragma once

#include "flags/snapshot.hpp"

#include <string>
#include <vector>

namespace crossfade::flags {

/// What became of one flag, for people.
struct flag_difference {
  std::string key;
  std::vector<std::string>
      lines;  ///< "defaultVariant: fiber -> coro", or only "added" or "removed"
};

/// By key, sorted; flags that say the same are not among them.
std::vector<flag_difference> differences(const snapshot& before, const snapshot& after);

/// What the flag says, as JSON on one line: state, variants, defaultVariant, targeting and
/// metadata, with shared rules and the file's metadata put in.
std::string to_json(const flag& flag);

}  // namespace crossfade::flags
