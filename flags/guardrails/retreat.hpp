#pragma once

#include "flags/store.hpp"

#include <string>
#include <string_view>

namespace crossfade::flags {

/// How a flag was put back.
struct retreat_report {
  enum class way {
    edited,  ///< the file says `to` for everybody now
    killed,  ///< the file could not be edited, so the kill switch covers the flag
    none,    ///< nobody got anything but `to`
  };
  way how = way::none;
  std::string text;  ///< for the log: what was done, and, where it was `killed`, why not the edit
};

/// Puts a flag back: everybody gets the variant `to`, whatever share was another's. `evidence` goes
/// into the audit log as the reason of the verb `guardrail`.
///
/// The way there never stops at a file that is in the way. Edits by others at the same time are
/// waited for and kept; where the flag has a rule written by hand, or the file does not load or
/// cannot be written, the flag is killed instead, and answers its code's default until somebody
/// has looked (`crossfade flags unkill`). Forward goes only a person.
/// Threads: any; reads and writes files. Throws: what stopped the kill switch too.
retreat_report retreat(store& where, std::string_view key, std::string_view to,
                       const std::string& evidence);

}  // namespace crossfade::flags
