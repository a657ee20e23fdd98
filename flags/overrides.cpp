#include "flags/overrides.hpp"

#include "flags/detail/coercion.hpp"
#include "flags/detail/objections.hpp"
#include "flags/errors.hpp"

#include <cstdlib>

namespace crossfade::flags {
namespace {

using detail::trimmed;

[[noreturn]] void refuse(std::string_view entry, const std::string& why) {
  throw flag_error(overrides::variable, "",
                   "has the entry " + detail::quoted(std::string(entry)) + ", " + why +
                       "; expected FLAG=VARIANT,FLAG=VARIANT");
}

}  // namespace

overrides overrides::parse(std::string_view text) {
  overrides result;
  if (trimmed(text).empty()) return result;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    more = comma != text.npos;
    const std::string_view entry = trimmed(text.substr(0, comma));
    text.remove_prefix(more ? comma + 1 : text.size());
    const auto equals = entry.find('=');
    if (equals == entry.npos) refuse(entry, "which has no =");
    const std::string_view key = trimmed(entry.substr(0, equals));
    const std::string_view variant = trimmed(entry.substr(equals + 1));
    if (key.empty()) refuse(entry, "which names no flag");
    if (variant.empty()) refuse(entry, "which names no variant");
    if (!result.variants_.emplace(key, variant).second) refuse(entry, "whose flag has one already");
  }
  return result;
}

overrides overrides::from_environment() {
  const char* const text = std::getenv(variable);
  return parse(text == nullptr ? "" : text);
}

std::optional<std::string_view> overrides::variant_of(std::string_view flag_key) const noexcept {
  const auto found = variants_.find(flag_key);
  return found == variants_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

}  // namespace crossfade::flags
