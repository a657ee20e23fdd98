#pragma once

#include <cstdint>
#include <string_view>

namespace crossfade::flags::detail {

/// MurmurHash3, x86, 32 bits.
std::uint32_t murmur3(std::string_view bytes, std::uint32_t seed = 0) noexcept;

}  // namespace crossfade::flags::detail
