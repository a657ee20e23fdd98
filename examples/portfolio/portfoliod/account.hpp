#pragma once

#include "compat/context.hpp"

#include <string>

namespace portfoliod {

/// Whom the running task works for; empty: nobody in particular. Set for each request, handed down
/// to whatever it spawns.
inline crossfade::context_var<std::string> for_account;

}  // namespace portfoliod
