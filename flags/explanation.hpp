#pragma once

#include "flags/context.hpp"
#include "flags/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags {

/// The outcome of an evaluation, whatever the type of the flag.
struct answer {
  std::optional<json_value> value;     ///< unset: the caller's
  std::optional<std::string> variant;  ///< likewise
  flags::reason reason;
  std::optional<error_code> error;  ///< set if `reason` is ERROR
};

answer ask(const snapshot& flags, std::string_view key, const context& context = {});

/// Why the answer is what it is, step by step, for people: whether the flag is enabled, which
/// conditions of its rule hold, into which bucket the key falls. In the order of evaluation.
std::vector<std::string> explain(const snapshot& flags, std::string_view key,
                                 const context& context = {});

}  // namespace crossfade::flags
