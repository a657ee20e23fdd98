#pragma once

#include "flags/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace crossfade::flags::detail {

/// An entry made now, by whom and where this process runs.
audit_entry entry_of_now(const audit_note& note);

/// One line of JSON, and what it says; unset if it is no such line.
std::string to_line(const audit_entry& entry);
std::optional<audit_entry> from_line(std::string_view line);

}  // namespace crossfade::flags::detail
