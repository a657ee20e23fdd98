#pragma once

#include "flags/detail/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace crossfade::flags::detail {

// Edits of a JSON document as a text: whatever is not edited stays byte for byte, white space and
// the order of members too. Each takes a text that `parse_json` accepts, with JSON pointers into
// it; the pointers lead to what is there.

/// With that value in place of the one at the pointer.
std::string with_value(std::string_view text, const std::string& at, const json& value);

/// With that member in the object at the pointer: in place of the one of that name, else behind
/// the member `after`, else, if that is not there either, as the last.
std::string with_member(std::string_view text, const std::string& object, const std::string& name,
                        const json& value, const std::string& after = {});

/// Without that member, if it is there.
std::string without_member(std::string_view text, const std::string& object,
                           const std::string& name);

/// A member that its object has a second time.
struct repeated_member {
  std::string pointer;
  std::size_t line;  ///< of the second, counted from 1
};

/// The first in the text, if there is one: an edit of the one would leave the other as it was.
std::optional<repeated_member> find_repeated(std::string_view text);

}  // namespace crossfade::flags::detail
