#pragma once

#include "flags/detail/json.hpp"
#include "flags/stage.hpp"

#include <optional>
#include <string>

namespace crossfade::flags::detail {

/// A rule that ends in a percentage of `coro`, as `progress_of` tells.
struct rollout_rule {
  share coro;
  std::string coro_weight;   ///< where in the rule, as a JSON pointer
  std::string fiber_weight;  ///< likewise
};

/// Reads it, if the rule is one.
std::optional<rollout_rule> read_rollout(const json& rule);

/// The plain one.
json make_rollout(const share& coro);

}  // namespace crossfade::flags::detail
