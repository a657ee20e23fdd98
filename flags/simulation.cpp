#include "flags/simulation.hpp"

#include "flags/explanation.hpp"

namespace crossfade::flags {

std::vector<std::string> assign(const snapshot& flags, std::string_view flag_key,
                                std::span<const std::string> targeting_keys) {
  std::vector<std::string> assigned;
  assigned.reserve(targeting_keys.size());
  for (const std::string& key : targeting_keys) {
    assigned.push_back(ask(flags, flag_key, key).variant.value_or(""));
  }
  return assigned;
}

std::map<std::string, std::size_t> count(std::span<const std::string> assigned) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& variant : assigned) ++counts[variant];
  return counts;
}

movement moved(std::span<const std::string> before, std::span<const std::string> after,
               std::string_view variant) {
  movement result;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool had = before[i] == variant;
    const bool has = after[i] == variant;
    if (has && !had) ++result.in;
    if (had && !has) ++result.out;
  }
  return result;
}

}  // namespace crossfade::flags
