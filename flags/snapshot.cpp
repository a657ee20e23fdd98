#include "flags/snapshot.hpp"

#include "flags/detail/contents.hpp"
#include "flags/detail/document.hpp"
#include "flags/detail/objections.hpp"
#include "flags/detail/targeting.hpp"
#include "flags/errors.hpp"
#include "flags/kill_switch.hpp"
#include "flags/overrides.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

namespace crossfade::flags {
namespace {

// Beyond this a double no longer tells neighbouring whole numbers apart.
constexpr double max_exact = 9007199254740991;

std::optional<bool> as_boolean(const json_value& value) {
  const bool* found = std::get_if<bool>(&value);
  return found ? std::optional(*found) : std::nullopt;
}

std::optional<std::string_view> as_string(const json_value& value) {
  const auto* found = std::get_if<std::string>(&value);
  return found ? std::optional<std::string_view>(*found) : std::nullopt;
}

std::optional<double> as_number(const json_value& value) {
  const double* found = std::get_if<double>(&value);
  return found && std::abs(*found) <= max_exact ? std::optional(*found) : std::nullopt;
}

std::optional<std::int64_t> as_integer(const json_value& value) {
  const auto found = as_number(value);
  if (!found || *found != std::trunc(*found)) return std::nullopt;
  return static_cast<std::int64_t>(*found);
}

std::optional<std::string_view> as_object(const json_value& value) {
  const auto* found = std::get_if<json_text>(&value);
  if (!found || !found->text.starts_with('{')) return std::nullopt;
  return found->text;
}

// g++ copies a view as a whole right after it has written the halves of it, and the processor waits
// for them for as long as all else takes that a static flag needs.
std::string_view in_pieces(std::string_view text) { return {text.data(), text.size()}; }
template <typename Value>
Value in_pieces(Value value) {
  return value;
}

std::optional<std::string_view> default_name(const flag& flag) {
  if (!flag.default_variant) return std::nullopt;
  return flag.variants[*flag.default_variant].name;
}

bool same(const flag& a, const flag& b) {
  return a.key == b.key && a.enabled == b.enabled && a.decided_by == b.decided_by &&
         default_name(a) == default_name(b) && a.metadata == b.metadata &&
         a.targeting == b.targeting &&
         std::is_permutation(a.variants.begin(), a.variants.end(), b.variants.begin(),
                             b.variants.end());
}

}  // namespace

std::string to_json(const json_value& value) {
  if (const auto* structured = std::get_if<json_text>(&value)) return structured->text;
  if (const auto* text = std::get_if<std::string>(&value)) return detail::quoted(*text);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), std::get<double>(value)).ptr;
  return {digits.begin(), end};
}

std::string_view to_string(authority authority) noexcept {
  switch (authority) {
    case authority::file:
      return "file";
    case authority::environment:
      return "environment";
    case authority::kill_switch:
      break;
  }
  return "kill switch";
}

std::string_view to_string(reason reason) noexcept {
  switch (reason) {
    case reason::static_value:
      return "STATIC";
    case reason::default_value:
      return "DEFAULT";
    case reason::targeting_match:
      return "TARGETING_MATCH";
    case reason::disabled:
      return "DISABLED";
    case reason::error:
      break;
  }
  return "ERROR";
}

std::string_view to_string(error_code code) noexcept {
  switch (code) {
    case error_code::flag_not_found:
      return "FLAG_NOT_FOUND";
    case error_code::parse_error:
      return "PARSE_ERROR";
    case error_code::type_mismatch:
      return "TYPE_MISMATCH";
    case error_code::general:
      break;
  }
  return "GENERAL";
}

bool flag::has_variant(std::string_view name) const noexcept {
  return std::any_of(variants.begin(), variants.end(),
                     [&](const variant& variant) { return variant.name == name; });
}

snapshot snapshot::parse(std::string_view json, std::string name,
                         fractional_generation generation) {
  auto document = detail::read_document(json, name);
  snapshot snapshot;
  snapshot.name_ = std::move(name);
  snapshot.metadata_ = std::move(document.metadata);
  snapshot.flags_ = std::move(document.flags);
  snapshot.generation_ = generation;
  snapshot.index();
  return snapshot;
}

void snapshot::index() {
  for (const flag& flag : flags_) by_key_.emplace(flag.key, &flag);
}

snapshot snapshot::load(const std::filesystem::path& path, fractional_generation generation) {
  return parse(detail::read_contents(path, path.string()).bytes, path.string(), generation);
}

snapshot snapshot::forced(const kill_switch& killed, const overrides& held,
                          std::vector<flag_error>& refused) const {
  snapshot forced;
  forced.name_ = name_;
  forced.metadata_ = metadata_;
  forced.flags_ = flags_;
  forced.generation_ = generation_;
  forced.index();
  for (const auto& [key, name] : held.entries()) {
    const auto found = std::find_if(forced.flags_.begin(), forced.flags_.end(),
                                    [&](const flag& flag) { return flag.key == key; });
    if (found == forced.flags_.end()) {
      refused.emplace_back(overrides::variable, "",
                           detail::quoted(key) + " is no flag of " + name_);
      continue;
    }
    const auto variant = std::find_if(found->variants.begin(), found->variants.end(),
                                      [&](const auto& each) { return each.name == name; });
    if (variant == found->variants.end()) {
      std::vector<std::string> expected;
      for (const auto& each : found->variants) expected.push_back(each.name);
      refused.emplace_back(overrides::variable, "",
                           detail::quoted(key) + " is " + detail::quoted(name) +
                               "; expected one of its variants: " + detail::quoted_list(expected));
      continue;
    }
    found->enabled = true;
    found->default_variant = static_cast<std::size_t>(variant - found->variants.begin());
    found->targeting.clear();
    found->rule = nullptr;
    found->decided_by = authority::environment;
  }
  for (flag& flag : forced.flags_) {
    if (!killed.covers(flag.key)) continue;
    flag.enabled = false;
    flag.decided_by = authority::kill_switch;
  }
  return forced;
}

const flag* snapshot::find(std::string_view key) const noexcept {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second;
}

const flag& snapshot::at(std::string_view key) const {
  if (const flag* const found = find(key)) return *found;
  std::vector<std::string> keys;
  keys.reserve(flags_.size());
  for (const flag& flag : flags_) keys.push_back(flag.key);
  throw flag_error(
      name_, "/flags",
      "has no flag " + detail::quoted(std::string(key)) + "; " +
          (keys.empty() ? "there are none" : "expected one of: " + detail::quoted_list(keys)));
}

template <auto As, typename Value>
details<Value> snapshot::evaluate(std::string_view key, Value fallback,
                                  const flags::context& context) const noexcept {
  const flag* flag = find(key);
  const auto caller_value = [&](flags::reason why, std::optional<error_code> error = {}) {
    return details<Value>{fallback, {}, why, error, flag ? flag->metadata : metadata_};
  };
  if (flag == nullptr) return caller_value(reason::error, error_code::flag_not_found);
  if (!flag->enabled) return caller_value(reason::disabled);
  auto choice = flag->rule ? detail::target(*flag, context, generation_)
                           : detail::choice{reason::static_value};
  if (choice.reason == reason::error) return caller_value(choice.reason, choice.error);
  if (choice.reason != reason::targeting_match) choice.variant = flag->default_variant;
  if (!choice.variant) return caller_value(reason::default_value);
  const variant& chosen = flag->variants[*choice.variant];
  const auto value = As(chosen.value);
  if (!value) return caller_value(reason::error, error_code::type_mismatch);
  return {in_pieces(*value),
          std::optional<std::string_view>(std::in_place, chosen.name.data(), chosen.name.size()),
          choice.reason,
          {},
          flag->metadata};
}

details<bool> snapshot::boolean(std::string_view key, bool fallback,
                                const flags::context& context) const noexcept {
  return evaluate<as_boolean>(key, fallback, context);
}

details<std::string_view> snapshot::string(std::string_view key, std::string_view fallback,
                                           const flags::context& context) const noexcept {
  return evaluate<as_string>(key, fallback, context);
}

details<std::int64_t> snapshot::integer(std::string_view key, std::int64_t fallback,
                                        const flags::context& context) const noexcept {
  return evaluate<as_integer>(key, fallback, context);
}

details<double> snapshot::number(std::string_view key, double fallback,
                                 const flags::context& context) const noexcept {
  return evaluate<as_number>(key, fallback, context);
}

details<std::string_view> snapshot::object(std::string_view key, std::string_view fallback,
                                           const flags::context& context) const noexcept {
  return evaluate<as_object>(key, fallback, context);
}

std::vector<std::string> changed_keys(const snapshot& before, const snapshot& after) {
  std::vector<std::string> keys;
  auto was = before.flags().begin();
  auto is = after.flags().begin();
  const auto was_end = before.flags().end();
  const auto is_end = after.flags().end();
  while (was != was_end || is != is_end) {
    if (is == is_end || (was != was_end && was->key < is->key)) {
      keys.push_back((was++)->key);
    } else if (was == was_end || is->key < was->key) {
      keys.push_back((is++)->key);
    } else if (!same(*was++, *is++)) {
      keys.push_back(std::prev(is)->key);
    }
  }
  return keys;
}

std::vector<std::string> possible_strings(const snapshot& snapshot, std::string_view key) {
  const flag* flag = snapshot.find(key);
  std::vector<std::string> values;
  const auto add = [&](const std::string_view value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.emplace_back(value);
  };
  if (flag != nullptr && flag->enabled) {
    for (std::size_t i = 0; i < flag->variants.size(); ++i) {
      if (!flag->rule && i != flag->default_variant) continue;
      if (const auto value = as_string(flag->variants[i].value)) add(*value);
    }
  }
  if (flag == nullptr || !flag->enabled || !flag->default_variant) add({});
  return values;
}

std::function<void(const snapshot&)> string_values_must_be(std::vector<std::string> expected) {
  return [expected = std::move(expected)](const snapshot& candidate) {
    for (const flag& flag : candidate.flags()) {
      for (const variant& variant : flag.variants) {
        const auto text = as_string(variant.value);
        if (text && std::find(expected.begin(), expected.end(), *text) != expected.end()) continue;
        throw flag_error(
            candidate.name(), detail::variant_pointer(flag, variant),
            "is " + to_json(variant.value) + "; expected one of: " + detail::quoted_list(expected));
      }
    }
  };
}

}  // namespace crossfade::flags
