#pragma once

#include "flags/detail/datum.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory_resource>
#include <string>
#include <string_view>

namespace crossfade::flags::detail {

// Keeps the file's order, so that an error lists the variants as their author wrote them.
using json = nlohmann::ordered_json;

/// Parses UTF-8 JSON without a byte order mark, nested no deeper than a person does.
/// Throws: `flag_error` with `name`.
json parse_json(std::string_view text, const std::string& name);

/// A copy that lives in the memory alone. Throws: `std::bad_alloc`.
datum to_datum(const json& node, std::pmr::memory_resource& memory);

}  // namespace crossfade::flags::detail
