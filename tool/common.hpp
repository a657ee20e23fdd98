#pragma once

#include <filesystem>
#include <string>

namespace crossfade::tool {

/// Exit statuses.
enum class status {
  ok = 0,
  refused = 1,  ///< refused or invalid; as with diff, also that there are differences
  usage = 2,
};

/// What all verbs take.
struct common {
  std::filesystem::path file;
  bool json = false;
};

/// What verbs that write take too.
struct writing {
  bool dry_run = false;
  std::string reason;
  bool force = false;
};

}  // namespace crossfade::tool
