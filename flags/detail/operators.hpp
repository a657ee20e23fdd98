#pragma once

#include "flags/detail/datum.hpp"
#include "flags/detail/scope.hpp"

#include <span>
#include <string_view>

namespace crossfade::flags::detail {

/// The evaluated arguments of an operator: `{"op": [a, b]}`, or `{"op": a}`, which some take too.
struct operands {
  std::span<const datum> values;
  bool is_list = true;  ///< if not, there is one value, which is no list
};

/// What an operator makes of its arguments; a failure ends the rule.
using operation = datum (*)(const operands& given, const scope& data, evaluation& with);

/// The operator of that name, of those that evaluate all of their arguments; null if there is none.
operation find_operation(std::string_view name) noexcept;

}  // namespace crossfade::flags::detail
