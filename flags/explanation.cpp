#include "flags/explanation.hpp"

#include "flags/detail/coercion.hpp"
#include "flags/detail/compiler.hpp"
#include "flags/detail/fractional.hpp"
#include "flags/detail/json.hpp"
#include "flags/detail/objections.hpp"
#include "flags/detail/program.hpp"
#include "flags/detail/scope.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <utility>

namespace crossfade::flags {
namespace {

using detail::datum;
using detail::json;

/// The number as JSON has it: 10, not 10.0.
std::string text_of(const datum& value) {
  std::pmr::monotonic_buffer_resource memory;
  switch (value.type()) {
    case detail::kind::null:
      return "null";
    case detail::kind::boolean:
      return value.truth() ? "true" : "false";
    case detail::kind::number:
      return std::string(detail::number_text(value.number(), memory));
    case detail::kind::text:
      return detail::quoted(std::string(value.text()));
    case detail::kind::list:
      return "a list";
    case detail::kind::object:
      return "an object";
    case detail::kind::failure:
      break;
  }
  return "a failure: it cannot be evaluated";
}

/// Follows a rule to where it decides.
class tracer {
 public:
  tracer(const flag& flag, const context& context, fractional_generation generation)
      : root_(context.members(), flag.key, context.now()), with_{memory_, generation} {}

  std::vector<std::string> trace(const json& rule) {
    follow(rule);
    return std::move(lines_);
  }

 private:
  void follow(const json& rule) {
    if (const json* branches = arguments(rule, "if", "?:")) return choose(*branches);
    if (const json* buckets = arguments(rule, "fractional", "")) show_place(*buckets);
    say("it gives " + text_of(value(rule)));
  }

  static const json* arguments(const json& rule, std::string_view name, std::string_view alias) {
    if (!rule.is_object() || rule.size() != 1 || !rule.begin().value().is_array()) return nullptr;
    const std::string& operation = rule.begin().key();
    return operation == name || operation == alias ? &rule.begin().value() : nullptr;
  }

  void choose(const json& branches) {
    std::size_t at = 0;
    for (; at + 1 < branches.size(); at += 2) {
      const datum condition = value(branches[at]);
      if (condition.is(detail::kind::failure))
        return say("condition " + branches[at].dump() + " gives " + text_of(condition));
      const bool holds = detail::truthy(condition);
      say("condition " + branches[at].dump() + (holds ? " holds" : " does not hold"));
      if (holds) return follow(branches[at + 1]);
    }
    if (at < branches.size()) return follow(branches[at]);
    say("it gives null, for no condition holds and there is no other branch");
  }

  void show_place(const json& given) {
    if (with_.generation != fractional_generation::v2) return;
    std::vector<datum> values;
    for (const json& argument : given) values.push_back(value(argument));
    const auto place = detail::placement_of(values, detail::scope(root_), with_);
    if (!place) {
      return say(
          "fractional has nothing to go by: no key, as the context has no targetingKey, or no "
          "weights");
    }
    say("fractional hashes " + detail::quoted(std::string(place->key)) + " to " +
        std::to_string(place->hash) + ": slot " + std::to_string(place->slot) + " of 0 to " +
        std::to_string(place->sum - 1));
  }

  datum value(const json& rule) {
    programs_.push_back(detail::compile(rule));
    return detail::run(programs_.back(), detail::scope(root_), with_);
  }

  void say(std::string line) { lines_.push_back(std::move(line)); }

  std::pmr::monotonic_buffer_resource memory_;
  detail::root_data root_;
  detail::evaluation with_;
  std::deque<detail::program> programs_;  // keep what values refer to
  std::vector<std::string> lines_;
};

std::string outcome(const answer& answer) {
  std::string text = answer.variant ? "so variant " + detail::quoted(*answer.variant) + ", " +
                                          to_json(*answer.value)
                                    : "so the code's default";
  text += ", reason " + std::string(to_string(answer.reason));
  if (answer.error) text += ", error " + std::string(to_string(*answer.error));
  return text;
}

}  // namespace

answer ask(const snapshot& flags, std::string_view key, const context& context) {
  // The accessor of the right type has no type mismatch.
  const auto as_text = flags.string(key, "", context);
  answer result{{}, {}, as_text.reason, as_text.error};
  std::optional<std::string_view> name = as_text.variant;
  const auto take = [&](const auto& found) {
    result.reason = found.reason;
    result.error = found.error;
    name = found.variant;
  };
  if (result.error == error_code::type_mismatch) take(flags.boolean(key, false, context));
  if (result.error == error_code::type_mismatch) take(flags.number(key, 0, context));
  if (result.error == error_code::type_mismatch) take(flags.object(key, "", context));
  if (!name) return result;
  for (const variant& variant : flags.find(key)->variants) {
    if (variant.name == *name) result.value = variant.value;
  }
  result.variant = *name;
  return result;
}

std::vector<std::string> explain(const snapshot& flags, std::string_view key,
                                 const context& context) {
  const answer answer = ask(flags, key, context);
  const flag* const flag = flags.find(key);
  std::vector<std::string> lines;
  if (flag == nullptr) {
    lines.push_back("the file has no such flag");
  } else if (!flag->enabled) {
    lines.emplace_back("the flag is DISABLED; its rule and its default do not count");
  } else if (!flag->rule) {
    lines.emplace_back("the flag is ENABLED and has no rule: its default decides");
  } else {
    lines.emplace_back("the flag is ENABLED and has a rule");
    const json rule = detail::parse_json(flag->targeting, flag->key);
    for (std::string& line : tracer(*flag, context, flags.fractional()).trace(rule)) {
      lines.push_back(std::move(line));
    }
    if (answer.error == error_code::general) lines.emplace_back("which is no variant's name");
  }
  const bool by_default =
      answer.reason == reason::static_value || answer.reason == reason::default_value;
  if (by_default) {
    lines.push_back(flag->default_variant
                        ? "defaultVariant is " +
                              detail::quoted(flag->variants[*flag->default_variant].name)
                        : "there is no defaultVariant");
  }
  lines.push_back(outcome(answer));
  return lines;
}

}  // namespace crossfade::flags
