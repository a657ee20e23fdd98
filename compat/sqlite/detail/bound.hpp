#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "compat/sqlite/row.hpp"
#include "compat/sqlite/value.hpp"

namespace crossfade::sqlite::detail {

/// A value on its way to a parameter: text and bytes stay where they are until the statement has
/// run.
using bound = std::variant<std::nullptr_t, std::int64_t, double, std::string_view,
                           std::span<const std::byte>>;
using bound_values = std::span<const bound>;

[[noreturn]] void throw_too_large(std::uint64_t integer);

template <class T>
inline constexpr bool is_character =
    std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <class T>
inline constexpr bool is_bindable =
    std::same_as<T, std::nullptr_t> || std::same_as<T, std::nullopt_t> ||
    (std::integral<T> && !is_character<T>) || std::floating_point<T> ||
    std::convertible_to<const T&, std::string_view> ||
    std::convertible_to<const T&, std::span<const std::byte>> || std::same_as<T, value>;
template <class T>
inline constexpr bool is_bindable<std::optional<T>> = is_bindable<T>;

template <class T>
bound bind(const T& given) {
  if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::nullopt_t>) {
    return nullptr;
  } else if constexpr (is_optional<T>) {
    return given ? bind(*given) : bound(nullptr);
  } else if constexpr (std::same_as<T, bool>) {
    return std::int64_t{given};
  } else if constexpr (std::integral<T>) {
    if (!std::in_range<std::int64_t>(given)) throw_too_large(static_cast<std::uint64_t>(given));
    return static_cast<std::int64_t>(given);
  } else if constexpr (std::floating_point<T>) {
    return static_cast<double>(given);
  } else if constexpr (std::same_as<T, value>) {
    return std::visit([](const auto& held) { return bind(held); }, given);
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    return std::string_view(given);
  } else {
    return std::span<const std::byte>(given);
  }
}

}  // namespace crossfade::sqlite::detail

namespace crossfade::sqlite {

/// What a parameter of a statement can be given: `nullptr`, `bool`, integers, floating point
/// numbers (NaN is NULL to SQLite), whatever converts to `std::string_view` (TEXT) or to a span of
/// bytes (BLOB), a `value`, and `optional`s of these.
template <class T>
concept bindable = detail::is_bindable<T>;

}  // namespace crossfade::sqlite
