#pragma once

#include "harness.hpp"

#include <string>

namespace crossfade::benchmarks {

/// gevent, asyncio and uvloop, in the questions that they have an answer to. A repetition is a
/// process of its own, which runs a script in `folder` and says what one operation takes; it
/// measures as the tally does.
///
/// What is not installed is left out, and that is said.
void add_python_rows(suite& rows, const std::string& folder);

}  // namespace crossfade::benchmarks
