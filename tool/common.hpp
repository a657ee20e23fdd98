#pragma once

#include <filesystem>
#include <string>

namespace crossfade::tool {

/// Exit statuses.
enum class status {
  ok = 0,
  refused = 1,  ///< refused or invalid; as with diff, also that there are differences
  usage = 2,
  failed = 3,  ///< of `ab` alone: there is no answer
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
