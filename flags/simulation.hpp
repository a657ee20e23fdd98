#pragma once

#include "flags/snapshot.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags {

/// The variant that each key gets; an empty one is the code's default.
std::vector<std::string> assign(const snapshot& flags, std::string_view flag_key,
                                std::span<const std::string> targeting_keys);

/// How many keys get each variant.
std::map<std::string, std::size_t> count(std::span<const std::string> assigned);

struct movement {
  std::size_t in = 0;   ///< get the variant, and did not before
  std::size_t out = 0;  ///< got it, and do not any more
};

/// Who moves when the one assignment becomes the other, of the same keys in the same order.
movement moved(std::span<const std::string> before, std::span<const std::string> after,
               std::string_view variant);

}  // namespace crossfade::flags
