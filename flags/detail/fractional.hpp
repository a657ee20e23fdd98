#pragma once

#include "flags/detail/datum.hpp"
#include "flags/detail/scope.hpp"

#include <span>

namespace crossfade::flags::detail {

/// The variant of the bucket that a key falls into, by the evaluation's generation of the
/// algorithm. Arguments: the key, if it is not to be the flag's and the targeting key, then the
/// buckets, each a variant and its weight. Null if these are no such arguments.
datum fractional(std::span<const datum> arguments, const scope& data, evaluation& with);

}  // namespace crossfade::flags::detail
