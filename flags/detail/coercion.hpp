#pragma once

#include "flags/detail/datum.hpp"

#include <memory_resource>
#include <optional>
#include <string_view>

namespace crossfade::flags::detail {

/// JsonLogic's truth: false, 0, "", [], {} and null are not true.
bool truthy(const datum& value) noexcept;

/// The number that a text spells: decimal, without blanks, whatever the locale.
std::optional<double> parse_number(std::string_view text) noexcept;

/// What comparisons see. Not a number: equal to nothing, less and greater than nothing.
double loose_number(const datum& value) noexcept;

/// What arithmetic sees: numbers and texts, of which those that spell none are 0.
std::optional<double> arithmetic_number(const datum& value) noexcept;

bool loosely_equal(const datum& a, const datum& b) noexcept;
bool strictly_equal(const datum& a, const datum& b) noexcept;
/// Texts by their bytes, all else as loose numbers.
bool less(const datum& a, const datum& b) noexcept;

/// The shortest decimal text that reads back as this number, without an exponent.
std::string_view number_text(double number, std::pmr::memory_resource& memory);

/// Without the white space at both ends, Unicode's included.
std::string_view trimmed(std::string_view text) noexcept;

/// The pieces, one after the other.
std::string_view joined(std::span<const std::string_view> pieces,
                        std::pmr::memory_resource& memory);

}  // namespace crossfade::flags::detail
