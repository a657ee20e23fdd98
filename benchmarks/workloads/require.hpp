#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace crossfade::workloads {

/// For what an operation has done. Throws: `std::runtime_error` that names it, unless it is what
/// was expected.
inline void require_equal(std::string_view what, std::uint64_t found, std::uint64_t expected) {
  if (found == expected) return;
  throw std::runtime_error(std::string(what) + ": " + std::to_string(found) + "; expected " +
                           std::to_string(expected));
}

}  // namespace crossfade::workloads
