#pragma once

#include "flags/snapshot.hpp"

#include <cstddef>
#include <optional>

namespace crossfade::flags::detail {

/// What a rule decided.
struct choice {
  flags::reason reason;  ///< TARGETING_MATCH, ERROR, or DEFAULT where the rule decided nothing
  std::optional<std::size_t> variant = {};  ///< a position among the flag's
  std::optional<error_code> error = {};
};

/// Evaluates the rule of a flag that has one.
choice target(const flag& flag, const context& context, fractional_generation generation) noexcept;

}  // namespace crossfade::flags::detail
