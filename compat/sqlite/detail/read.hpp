#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "compat/sqlite/value.hpp"

namespace crossfade::sqlite::detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// What is read as this points into the value.
template <class T>
inline constexpr bool is_view =
    std::same_as<T, std::string_view> || std::same_as<T, std::span<const std::byte>>;
template <class T>
inline constexpr bool is_view<std::optional<T>> = is_view<T>;

/// As messages name it: its storage class, and an integer itself.
std::string describe(const value& held);

[[noreturn]] void throw_wrong_size(std::size_t columns, std::size_t expected,
                                   const std::string& sql);
[[noreturn]] void throw_wrong_type(std::size_t column, const std::string& name, const value& held,
                                   const char* expected, const std::string& sql);

/// What `held` is as a `T`. If it is none, `place.mismatch(held, expected)` throws.
template <class T, class Place>
T read(const value& held, const Place& place) {
  if constexpr (std::same_as<T, value>) {
    return held;
  } else if constexpr (is_optional<T>) {
    if (std::holds_alternative<std::nullptr_t>(held)) return std::nullopt;
    return read<typename T::value_type>(held, place);
  } else if constexpr (std::same_as<T, bool>) {
    if (auto* integer = std::get_if<std::int64_t>(&held)) return *integer != 0;
    place.mismatch(held, "INTEGER");
  } else if constexpr (std::integral<T>) {
    auto* integer = std::get_if<std::int64_t>(&held);
    if (integer == nullptr) place.mismatch(held, "INTEGER");
    if (!std::in_range<T>(*integer)) place.mismatch(held, "an INTEGER of fewer bits or no sign");
    return static_cast<T>(*integer);
  } else if constexpr (std::floating_point<T>) {
    if (auto* real = std::get_if<double>(&held)) return static_cast<T>(*real);
    if (auto* integer = std::get_if<std::int64_t>(&held)) return static_cast<T>(*integer);
    place.mismatch(held, "REAL");
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    if (auto* text = std::get_if<std::string>(&held)) return *text;
    place.mismatch(held, "TEXT");
  } else {
    static_assert(std::same_as<T, blob> || std::same_as<T, std::span<const std::byte>>,
                  "a value cannot be read as this type: see row");
    if (auto* bytes = std::get_if<blob>(&held)) return *bytes;
    place.mismatch(held, "BLOB");
  }
}

}  // namespace crossfade::sqlite::detail
