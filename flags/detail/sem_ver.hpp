#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string_view>

namespace crossfade::flags::detail {

/// A version by SemVer 2.0. Lifetime: refers to the text.
struct version {
  /// Digits without leading zeros: of any size, as the standard has no limit.
  std::array<std::string_view, 3> core;
  std::string_view pre_release;  ///< empty if there is none

  /// `1.2.3-rc.1+build`, also without minor and patch, which are 0, and after one `v`.
  static std::optional<version> parse(std::string_view text) noexcept;
};

/// By precedence; builds do not count.
std::weak_ordering compare(const version& a, const version& b) noexcept;

/// What `sem_ver` answers; unset for an operator that it does not know. `^` is the same major
/// version, `~` the same major and minor one: as flagd has them, not npm.
std::optional<bool> compare(const version& a, std::string_view by, const version& b) noexcept;

}  // namespace crossfade::flags::detail
