#pragma once

#include "flags/detail/json.hpp"
#include "flags/detail/objections.hpp"

namespace crossfade::flags::detail {

/// Checks the rule of a flag with these variants. `evaluators` has the rules that it may refer to;
/// null if there are none.
void check_rule(const json& rule, const place& at, const json& variants, const json* evaluators,
                const objections& object_to);

/// Checks a rule that others refer to.
void check_shared_rule(const json& rule, const place& at, const objections& object_to);

}  // namespace crossfade::flags::detail
