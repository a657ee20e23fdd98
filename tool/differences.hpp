#pragma once

#include "flags/difference.hpp"

#include <nlohmann/json.hpp>

#include <ostream>
#include <vector>

namespace crossfade::tool {

inline void print(std::ostream& out, const std::vector<flags::flag_difference>& differences) {
  for (const auto& [key, lines] : differences) {
    for (const std::string& line : lines) out << key << ": " << line << '\n';
  }
}

inline nlohmann::ordered_json to_array(const std::vector<flags::flag_difference>& differences) {
  auto result = nlohmann::ordered_json::array();
  for (const auto& [key, lines] : differences) {
    result.push_back({{"flag", key}, {"differences", lines}});
  }
  return result;
}

}  // namespace crossfade::tool
