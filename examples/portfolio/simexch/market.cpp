#include "simexch/market.hpp"

#include <algorithm>
#include <array>

namespace simexch {
namespace {

using portfolio::decimal;

struct listing {
  std::string_view asset;
  std::int64_t usual;  // in units of `decimal`
  bool is_stable;      // worth what it is worth, give or take little
};

constexpr std::int64_t euro = decimal::units_of_one;
constexpr std::int64_t cent = euro / 100;

constexpr std::array listings{
    listing{"ADA", 62 * cent, false},     listing{"ATOM", 4 * euro, false},
    listing{"BTC", 94'000 * euro, false}, listing{"CHF", 107 * cent, true},
    listing{"DOGE", 17 * cent, false},    listing{"DOT", 3 * euro, false},
    listing{"ETH", 3'100 * euro, false},  listing{"GBP", 115 * cent, true},
    listing{"LINK", 15 * euro, false},    listing{"LTC", 88 * euro, false},
    listing{"SOL", 150 * euro, false},    listing{"USD", 86 * cent, true},
    listing{"USDC", 86 * cent, true},     listing{"USDT", 86 * cent, true},
    listing{"XRP", 205 * cent, false},
};

// A swing around the usual price: how long it takes to change direction, and how far it goes.
struct swing {
  std::int64_t seconds;
  std::int64_t millionths;
};

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::array swings{
    swing{60 * day, 240'000},  swing{5 * day, 60'000}, swing{3 * hour, 15'000},
    swing{10 * minute, 4'000}, swing{20, 1'000},       swing{1, 200},
};

// splitmix64's finalizer: neighbouring inputs give unrelated outputs.
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

// From -million to million.
std::int64_t noise(std::uint64_t stream, std::int64_t step) {
  const std::uint64_t random = mixed(stream ^ mixed(static_cast<std::uint64_t>(step)));
  return static_cast<std::int64_t>(random % (2 * million + 1)) - million;
}

// Where a swing stands, from -million to million: on a line between the noise of two steps.
std::int64_t position(std::uint64_t stream, std::int64_t at, std::int64_t seconds) {
  const std::int64_t step = at / seconds - (at % seconds < 0 ? 1 : 0);
  const std::int64_t from = noise(stream, step);
  const std::int64_t to = noise(stream, step + 1);
  return from + (to - from) * (at - step * seconds) / seconds;
}

std::int64_t deviation(std::uint64_t stream, std::int64_t at) {
  std::int64_t sum = 0;
  for (const auto& [seconds, millionths] : swings) {
    stream = mixed(stream);
    sum += position(stream, at, seconds) * millionths / million;
  }
  return sum;
}

std::uint64_t stream_of(std::string_view asset, std::uint64_t seed) {
  std::uint64_t stream = mixed(seed);
  for (const char c : asset) stream = mixed(stream ^ static_cast<unsigned char>(c));
  return stream;
}

}  // namespace

std::vector<std::string_view> market::assets() {
  std::vector<std::string_view> names{currency};
  for (const listing& listing : listings) names.push_back(listing.asset);
  return names;
}

std::optional<decimal> market::price(std::string_view asset, std::chrono::sys_seconds at) const {
  if (asset == currency) return decimal::of_units(euro);
  const auto found = std::ranges::find(listings, asset, &listing::asset);
  if (found == listings.end()) return std::nullopt;
  const std::int64_t calm = found->is_stable ? 20 : 1;
  const std::int64_t parts =
      deviation(stream_of(asset, seed_), at.time_since_epoch().count()) / calm;
  return decimal::of_units(found->usual / million * (million + parts));
}

}  // namespace simexch
