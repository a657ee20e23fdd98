#pragma once

#include "flags/detail/json.hpp"
#include "flags/detail/place.hpp"
#include "flags/validate.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags::detail {

/// Is told what is wrong with a document, one thing at a time. May throw, which ends the check.
using objections = std::function<void(severity, const place& at, const std::string& message,
                                      std::string_view why)>;

/// What there is, for a message: a value as it stands, or "a list", "an object", "missing".
std::string describe(const json* node);

/// The member of that name, or null.
const json* find_member(const json& object, std::string_view name);

/// Whether it is the string "".
bool is_empty_string(const json& node);

/// The text as a JSON string; `quoted_list` several, separated by commas.
std::string quoted(const std::string& text);

/// The names of its members.
std::vector<std::string> names_of(const json& object);

template <typename Texts>
std::string quoted_list(const Texts& texts) {
  std::string list;
  for (const auto& text : texts) list += (list.empty() ? "" : ", ") + quoted(std::string(text));
  return list;
}

}  // namespace crossfade::flags::detail
