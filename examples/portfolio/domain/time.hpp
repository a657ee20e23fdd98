#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace portfolio {

/// A moment in UTC.
using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

/// Reads ISO 8601 as in `2024-02-29T23:59:59Z` or `2024-02-29T23:59:59.123Z`. Throws: `bad_text`.
time_point parse_time(std::string_view text);

/// What `parse_time` reads, of the years 0 to 9999; the milliseconds only if there are any.
std::string to_string(time_point time);

}  // namespace portfolio
