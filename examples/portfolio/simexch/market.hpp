#pragma once

#include "domain/decimal.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace simexch {

/// A market whose prices are a pure function of seed, asset and time: the same on every machine and
/// in every run, without a history to keep. They wander around a usual price, over months as over
/// seconds, and never leave it by more than a third.
class market {
 public:
  explicit market(std::uint64_t seed) noexcept : seed_(seed) {}

  /// What prices are in.
  static constexpr std::string_view currency = "EUR";
  /// What is traded, the currency included.
  static std::vector<std::string_view> assets();

  /// The price of one; none if the asset is not traded.
  std::optional<portfolio::decimal> price(std::string_view asset,
                                          std::chrono::sys_seconds at) const;

 private:
  std::uint64_t seed_;
};

}  // namespace simexch
