#include "flags/detail/murmur3.hpp"

#include <bit>
#include <cstddef>

namespace crossfade::flags::detail {
namespace {

/// Four bytes, the first the lowest, whatever the order of this machine.
std::uint32_t block(const char* bytes) {
  const auto at = [bytes](int i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  return at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24;  // compilers know it for one load
}

/// Less than four.
std::uint32_t last_block(std::string_view bytes) {
  std::uint32_t result = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    result = result << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return result;
}

std::uint32_t scrambled(std::uint32_t block) {
  return std::rotl(block * 0xcc9e2d51, 15) * 0x1b873593;
}

}  // namespace

std::uint32_t murmur3(std::string_view bytes, std::uint32_t seed) noexcept {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::uint32_t hash = seed;
  while (bytes.size() >= 4) {
    hash = std::rotl(hash ^ scrambled(block(bytes.data())), 13) * 5 + 0xe6546b64;
    bytes.remove_prefix(4);
  }
  hash ^= scrambled(last_block(bytes));  // of no bytes it is 0
  hash ^= size;
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

}  // namespace crossfade::flags::detail
