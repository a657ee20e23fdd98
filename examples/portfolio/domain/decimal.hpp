#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace portfolio {

/// A number with eight decimals, of money or of any asset: exact, never a floating point number.
///
/// Units: 1e-8, in 64 bits: up to 92233720368.54775807 either way. Throws: `std::overflow_error`
/// from any operation whose result lies beyond.
class decimal {
 public:
  static constexpr std::int64_t units_of_one = 100'000'000;

  constexpr decimal() = default;
  static constexpr decimal of_units(std::int64_t units) noexcept { return decimal(units); }
  /// Reads `-12.5`: digits, perhaps a sign before and up to eight decimals after them.
  /// Throws: `bad_text`.
  static decimal parse(std::string_view text);

  constexpr std::int64_t units() const noexcept { return units_; }
  /// What `parse` reads, with no decimal more than it takes.
  std::string to_string() const;

  friend decimal operator+(decimal a, decimal b);
  friend decimal operator-(decimal a, decimal b);
  decimal operator-() const { return decimal() - *this; }
  decimal& operator+=(decimal other) { return *this = *this + other; }
  friend constexpr auto operator<=>(const decimal&, const decimal&) = default;

 private:
  constexpr explicit decimal(std::int64_t units) noexcept : units_(units) {}
  std::int64_t units_ = 0;
};

/// `a` times `b`, rounded to eight decimals, half to even.
decimal rounded_product(decimal a, decimal b);

}  // namespace portfolio
