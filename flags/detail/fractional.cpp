#include "flags/detail/fractional.hpp"

#include "flags/detail/cbor.hpp"
#include "flags/detail/coercion.hpp"
#include "flags/detail/murmur3.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace crossfade::flags::detail {
namespace {

constexpr std::int64_t max_weight = std::numeric_limits<std::int32_t>::max();

using arguments = std::span<const datum>;

datum flag_key(const scope& data, evaluation& with) {
  datum key = data.flag_key(with);
  if (key.is(kind::null)) key = datum::text("");
  return key;
}

/// The flag's key and the targeting key, one after the other.
std::optional<std::string_view> default_key(const scope& data, evaluation& with) {
  const datum targeting = data.member("targetingKey", with);
  const datum flag = flag_key(data, with);
  if (!targeting.is(kind::text) || !flag.is(kind::text)) return std::nullopt;
  // Older generations take an empty key for one.
  const bool accepted = with.generation == fractional_generation::v1 || !targeting.text().empty();
  if (!accepted) return std::nullopt;
  return joined(std::array{flag.text(), targeting.text()}, with.memory);
}

/// Takes the key off the arguments, or what stands for it.
std::optional<std::string_view> take_key(arguments& rest, const scope& data, evaluation& with) {
  const datum first = rest.front();
  if (first.is(kind::text) || first.is(kind::null)) rest = rest.subspan(1);
  if (first.is(kind::text)) return first.text();
  return default_key(data, with);
}

std::optional<std::string_view> take_cbor_key(arguments& rest, const scope& data,
                                              evaluation& with) {
  const datum first = rest.front();
  if (first.is(kind::null)) return std::nullopt;
  std::array<datum, 2> both;
  datum key = first;
  if (first.is(kind::list)) {
    both = {flag_key(data, with), data.member("targetingKey", with)};
    if (!both[1].is(kind::text) || both[1].text().empty()) return std::nullopt;
    key = datum::list(both);
  } else {
    rest = rest.subspan(1);
  }
  std::pmr::string bytes(&with.memory);
  if (!append_cbor(bytes, key)) return std::nullopt;
  return joined(std::array{std::string_view(bytes)}, with.memory);
}

/// What a bucket weighs; unset if it is none.
std::optional<std::int64_t> weight_of(const datum& argument) {
  if (!argument.is(kind::list) || argument.items().empty()) return std::nullopt;
  const arguments parts = argument.items();
  if (parts[0].is(kind::list) || parts[0].is(kind::object)) return std::nullopt;
  if (parts.size() == 1 || parts[1].is(kind::null)) return 1;
  if (!parts[1].is(kind::number)) return std::nullopt;
  const double weight = parts[1].number();
  if (weight < 0) return weight == std::trunc(weight) ? std::optional(0) : std::nullopt;
  // Before the conversion, which is defined for no other number; not a number is not either.
  if (!(weight <= static_cast<double>(max_weight))) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(weight);
  return static_cast<double>(whole) == weight ? std::optional(whole) : std::nullopt;
}

/// Where each bucket ends; unset if there is none, or if a weight or their sum is out of range.
std::optional<std::span<const std::int64_t>> ends_of(arguments buckets, evaluation& with) {
  using total = std::int64_t;
  const std::span ends(new (with.memory.allocate(buckets.size() * sizeof(total), alignof(total)))
                           total[buckets.size()],
                       buckets.size());
  total sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const auto weight = weight_of(buckets[i]);
    if (!weight) return std::nullopt;
    sum += *weight;
    if (sum > max_weight) return std::nullopt;
    ends[i] = sum;
  }
  return ends.empty() ? std::nullopt : std::optional<std::span<const total>>(ends);
}

std::int64_t slot_of(std::uint32_t hash, std::int64_t sum) {
  return static_cast<std::int64_t>(std::uint64_t{hash} * static_cast<std::uint64_t>(sum) >> 32);
}

datum pick(std::string_view key, arguments buckets, evaluation& with) {
  const auto ends = ends_of(buckets, with);
  if (!ends) return {};
  const auto past =
      std::upper_bound(ends->begin(), ends->end(), slot_of(murmur3(key), ends->back()));
  if (past == ends->end()) return {};  // all weights are 0
  return buckets[static_cast<std::size_t>(past - ends->begin())].items().front();
}

// The first generation: texts as variants only, and doubles.

bool is_old_bucket(const datum& argument) {
  return argument.is(kind::list) && !argument.items().empty() &&
         argument.items().front().is(kind::text);
}

double old_weight(const datum& argument) {
  const arguments parts = argument.items();
  return parts.size() > 1 && parts[1].is(kind::number) ? std::trunc(parts[1].number()) : 1;
}

datum pick_old(std::string_view key, arguments buckets) {
  double sum = 0;
  for (const datum& argument : buckets) {
    if (!is_old_bucket(argument)) return {};
    sum += old_weight(argument);
  }
  const std::int64_t hash = std::bit_cast<std::int32_t>(murmur3(key));
  const double slot = static_cast<double>(std::abs(hash)) / static_cast<double>(max_weight) * 100;
  double end = 0;
  for (const datum& argument : buckets) {
    if (sum != 0) end += 100 * old_weight(argument) / sum;
    if (slot < end) return argument.items().front();
  }
  return datum::text("");
}

}  // namespace

datum fractional(arguments given, const scope& data, evaluation& with) {
  if (given.empty() || !data.is_object()) return {};
  if (with.generation == fractional_generation::v1 && given.size() < 2) return {};
  if (with.generation == fractional_generation::v3) {
    const auto key = take_cbor_key(given, data, with);
    return key ? pick(*key, given, with) : datum();
  }
  const auto key = take_key(given, data, with);
  if (!key) return {};
  return with.generation == fractional_generation::v1 ? pick_old(*key, given)
                                                      : pick(*key, given, with);
}

std::optional<placement> placement_of(arguments given, const scope& data, evaluation& with) {
  if (given.empty() || !data.is_object()) return std::nullopt;
  const auto key = take_key(given, data, with);
  const auto ends = ends_of(given, with);
  if (!key || !ends || ends->back() == 0) return std::nullopt;
  const std::uint32_t hash = murmur3(*key);
  return placement{*key, hash, slot_of(hash, ends->back()), ends->back()};
}

}  // namespace crossfade::flags::detail
