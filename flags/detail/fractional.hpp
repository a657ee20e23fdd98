#pragma once

#include "flags/detail/datum.hpp"
#include "flags/detail/scope.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace crossfade::flags::detail {

/// The variant of the bucket that a key falls into, by the evaluation's generation of the
/// algorithm. Arguments: the key, if it is not to be the flag's and the targeting key, then the
/// buckets, each a variant and its weight. Null if these are no such arguments.
datum fractional(std::span<const datum> arguments, const scope& data, evaluation& with);

/// Where the second generation puts a key: each bucket has as many slots as its weight.
struct placement {
  std::string_view key;  ///< what is hashed
  std::uint32_t hash;
  std::int64_t slot;  ///< from 0 to before `sum`
  std::int64_t sum;
};

/// The placement that those arguments lead to; unset if they lead to none.
std::optional<placement> placement_of(std::span<const datum> arguments, const scope& data,
                                      evaluation& with);

}  // namespace crossfade::flags::detail
