#include "flags/editor.hpp"

#include "flags/detail/json.hpp"
#include "flags/detail/json_splice.hpp"
#include "flags/detail/objections.hpp"
#include "flags/detail/rollout_rule.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace crossfade::flags {
namespace {

using detail::json;

std::vector<std::string> variant_names(const flag& flag) {
  std::vector<std::string> names;
  names.reserve(flag.variants.size());
  for (const variant& variant : flag.variants) names.push_back(variant.name);
  return names;
}

/// The rule as it is written, a reference to a shared one included.
std::optional<json> written_rule(const std::string& text, const flag& flag) {
  if (!flag.rule) return std::nullopt;
  return json::parse(text).at(json::json_pointer(flag.pointer)).at("targeting");
}

}  // namespace

editor::editor(std::string text, std::string name) : name_(std::move(name)) {
  adopt(std::move(text));
  if (const auto repeated = detail::find_repeated(text_)) {
    throw flag_error(name_, repeated->pointer,
                     "is there twice, again at line " + std::to_string(repeated->line) +
                         "; expected each member once, to edit the one that counts");
  }
}

void editor::set_default(std::string_view key, std::string_view variant) {
  const flag& flag = require(key, variant);
  adopt(detail::with_member(text_, flag.pointer, "defaultVariant", variant, "variants"));
}

void editor::set_for_all(std::string_view key, std::string_view variant, by_hand rule) {
  const flag& flag = require(key, variant);
  const auto written = written_rule(text_, flag);
  if (written && !detail::read_rollout(*written) && rule == by_hand::keep) refuse_by_hand(flag);
  const auto chosen =
      detail::with_member(text_, flag.pointer, "defaultVariant", variant, "variants");
  adopt(detail::without_member(chosen, flag.pointer, "targeting"));
}

void editor::set_enabled(std::string_view key, bool enabled) {
  const flag& flag = current_->at(key);
  adopt(detail::with_member(text_, flag.pointer, "state", enabled ? "ENABLED" : "DISABLED"));
}

void editor::set_rollout(std::string_view key, const share& coro, by_hand rule) {
  require(key, "coro");
  const flag& flag = require(key, "fiber");
  const auto written = written_rule(text_, flag);
  const auto rollout = written ? detail::read_rollout(*written) : std::nullopt;
  if (rollout) {
    const std::string at = flag.pointer + "/targeting";
    const auto half = detail::with_value(text_, at + rollout->coro_weight, coro.weight);
    adopt(detail::with_value(half, at + rollout->fiber_weight, coro.sum - coro.weight));
    return;
  }
  if (written && rule == by_hand::keep) refuse_by_hand(flag);
  adopt(detail::with_member(text_, flag.pointer, "targeting", detail::make_rollout(coro),
                            "defaultVariant"));
}

void editor::add_variant(std::string_view key, std::string_view name) {
  const flag& flag = current_->at(key);
  if (flag.has_variant(name)) {
    throw flag_error(name_, flag.pointer + "/variants",
                     "has " + detail::quoted(std::string(name)) + "; expected a new name");
  }
  adopt(detail::with_member(text_, flag.pointer + "/variants", std::string(name), name));
}

void editor::remove_variant(std::string_view key, std::string_view name) {
  const flag& flag = require(key, name);
  const std::string removed = detail::quoted(std::string(name));
  if (flag.default_variant && flag.variants[*flag.default_variant].name == name) {
    throw flag_error(name_, flag.pointer + "/defaultVariant",
                     "is " + removed + "; expected another, for that variant to go");
  }
  if (flag.rule) {
    throw flag_error(name_, flag.pointer + "/targeting",
                     "may name " + removed + "; expected no rule, for that variant to go");
  }
  adopt(detail::without_member(text_, flag.pointer + "/variants", std::string(name)));
}

const flag& editor::require(std::string_view key, std::string_view variant) const {
  const flag& flag = current_->at(key);
  if (flag.has_variant(variant)) return flag;
  throw flag_error(name_, flag.pointer + "/variants",
                   "has no " + detail::quoted(std::string(variant)) +
                       "; its variants are: " + detail::quoted_list(variant_names(flag)));
}

void editor::refuse_by_hand(const flag& flag) const {
  throw foreign_rule(name_, flag.pointer + "/targeting",
                     "is a rule by hand; expected none, or one that ends in {\"fractional\": "
                     "[[\"coro\", N], [\"fiber\", M]]}");
}

void editor::adopt(std::string text) {
  current_ = std::make_unique<const snapshot>(snapshot::parse(text, name_));
  text_ = std::move(text);
}

}  // namespace crossfade::flags
