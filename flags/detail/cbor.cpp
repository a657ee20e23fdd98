#include "flags/detail/cbor.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

void append_bytes(std::pmr::string& bytes, std::uint64_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift & 0xff);
  }
}

void append_head(std::pmr::string& bytes, unsigned major, std::uint64_t value) {
  const auto initial = [&](std::uint64_t low) {
    bytes += static_cast<char>(major << 5U | static_cast<unsigned>(low));
  };
  if (value < 24) return initial(value);
  int width = 0;  // the number's bytes are 2 to its power
  while (width < 3 && value >> (8U << width) != 0) ++width;
  initial(24 + static_cast<unsigned>(width));
  append_bytes(bytes, value, 1 << width);
}

/// The bits of a half, if it keeps the number, which is neither whole nor infinite.
std::optional<std::uint16_t> as_half(double number) {
  int exponent = 0;
  const double mantissa = std::frexp(std::abs(number), &exponent);  // in [0.5, 1)
  if (exponent > 16) return std::nullopt;
  // Of 11 bits in all, fewer for a subnormal one, which counts in units of 2^-24.
  const int digits = std::min(11, exponent + 24);
  if (digits < 1) return std::nullopt;
  const double scaled = std::ldexp(mantissa, digits);
  if (scaled != std::trunc(scaled)) return std::nullopt;
  const auto significand = static_cast<unsigned>(scaled);
  const unsigned sign = std::signbit(number) ? 0x8000 : 0;
  if (exponent < -13) return static_cast<std::uint16_t>(sign | significand);
  const auto biased = static_cast<unsigned>(exponent + 14);
  return static_cast<std::uint16_t>(sign | biased << 10U | (significand & 0x3ffU));
}

void append_number(std::pmr::string& bytes, double number) {
  if (std::isnan(number)) {
    bytes += '\xf9';
    return append_bytes(bytes, 0x7e00, 2);
  }
  if (std::isinf(number)) {
    bytes += '\xf9';
    return append_bytes(bytes, number > 0 ? 0x7c00 : 0xfc00, 2);
  }
  constexpr double two_to_63 = 9223372036854775808.0;
  const bool whole = number == std::trunc(number);
  if (whole && number >= 0 && number < 2 * two_to_63) {
    return append_head(bytes, 0, static_cast<std::uint64_t>(number));
  }
  if (whole && number < 0 && number >= -two_to_63) {
    const auto integer = static_cast<std::int64_t>(number);
    return append_head(bytes, 1, static_cast<std::uint64_t>(-1 - integer));
  }
  if (const auto half = as_half(number)) {
    bytes += '\xf9';
    append_bytes(bytes, *half, 2);
  } else if (std::abs(number) <= 3.4028234663852886e38 &&
             static_cast<double>(static_cast<float>(number)) == number) {
    bytes += '\xfa';
    append_bytes(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(number)), 4);
  } else {
    bytes += '\xfb';
    append_bytes(bytes, std::bit_cast<std::uint64_t>(number), 8);
  }
}

bool append(std::pmr::string& bytes, const datum& value, int depth);

bool append_object(std::pmr::string& bytes, std::span<const member> members, int depth) {
  auto* memory = bytes.get_allocator().resource();
  std::pmr::vector<std::pair<std::pmr::string, std::pmr::string>> encoded(memory);
  for (const member& member : members) {
    auto& [name, value] = encoded.emplace_back(std::pmr::string(memory), std::pmr::string(memory));
    append(name, datum::text(member.name), depth);
    if (!append(value, member.value, depth)) return false;
  }
  std::sort(encoded.begin(), encoded.end());
  append_head(bytes, 5, encoded.size());
  for (const auto& [name, value] : encoded) bytes.append(name).append(value);
  return true;
}

bool append_list(std::pmr::string& bytes, std::span<const datum> items, int depth) {
  append_head(bytes, 4, items.size());
  return std::all_of(items.begin(), items.end(),
                     [&](const datum& item) { return append(bytes, item, depth); });
}

bool append(std::pmr::string& bytes, const datum& value, int depth) {
  switch (value.type()) {
    case kind::null:
    case kind::failure:
      bytes += '\xf6';
      break;
    case kind::boolean:
      bytes += value.truth() ? '\xf5' : '\xf4';
      break;
    case kind::number:
      append_number(bytes, value.number());
      break;
    case kind::text:
      append_head(bytes, 3, value.text().size());
      bytes.append(value.text());
      break;
    case kind::list:
      return depth > 0 && append_list(bytes, value.items(), depth - 1);
    case kind::object:
      return depth > 0 && append_object(bytes, value.members(), depth - 1);
  }
  return true;
}

}  // namespace

bool append_cbor(std::pmr::string& bytes, const datum& value) {
  // A rule can build lists in lists without end; this recurses.
  constexpr int deepest = 64;
  return append(bytes, value, deepest);
}

}  // namespace crossfade::flags::detail
