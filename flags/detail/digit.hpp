#pragma once

namespace crossfade::flags::detail {

/// ASCII's, whatever the locale.
constexpr bool is_digit(char c) { return '0' <= c && c <= '9'; }

}  // namespace crossfade::flags::detail
