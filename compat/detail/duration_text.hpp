#pragma once

#include <string>

#include "compat/clock.hpp"

namespace crossfade::detail {

/// A length of time for a message, in the largest unit of which it is one: "1.25 s", "40 ms".
std::string in_words(duration length);

}  // namespace crossfade::detail
