#include "flags/detail/document.hpp"

#include "flags/detail/compiler.hpp"
#include "flags/detail/json.hpp"
#include "flags/errors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

using pointer = json::json_pointer;

std::string describe(const json* node) {
  if (node == nullptr) return "missing";
  if (node->is_primitive() || node->empty()) return node->dump();
  return node->is_object() ? "an object" : "a list";
}

const json* member(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

json_value to_value(const json& node) {
  if (node.is_boolean()) return node.get<bool>();
  if (node.is_number()) return node.get<double>();
  if (node.is_string()) return node.get<std::string>();
  return json_text{node.dump()};
}

/// Turns one document into flags; everything it throws names the document.
class reading {
 public:
  explicit reading(const std::string& name) : name_(name) {}

  document read(std::string_view text) const {
    const json root = parse_json(text, name_);
    object(root, pointer(), R"(an object with the member "flags")");
    references shared(evaluators(root));
    document document;
    document.metadata = metadata(root, pointer(), {});
    document.flags = flags(root, document.metadata, shared);
    return document;
  }

 private:
  [[noreturn]] void refuse(const pointer& at, const json* node, std::string_view expected) const {
    throw flag_error(name_, at.to_string(),
                     "is " + describe(node) + "; expected " + std::string(expected));
  }

  const json& object(const json& node, const pointer& at, std::string_view expected) const {
    if (!node.is_object()) refuse(at, &node, expected);
    return node;
  }

  /// The member, or null if it is absent or JSON's null.
  const json* optional_object(const json& holder, const pointer& at, const char* name) const {
    const json* node = member(holder, name);
    if (node == nullptr || node->is_null()) return nullptr;
    return &object(*node, at / name, "an object");
  }

  const json* evaluators(const json& root) const {
    const json* rules = optional_object(root, pointer(), "$evaluators");
    if (rules == nullptr) return nullptr;
    for (const auto& [name, rule] : rules->items()) {
      const bool says_nothing = rule.is_null() || rule == json::object();
      if (says_nothing) refuse(pointer() / "$evaluators" / name, &rule, "a rule");
    }
    return rules;
  }

  metadata_map metadata(const json& holder, const pointer& at, metadata_map inherited) const {
    if (const json* own = optional_object(holder, at, "metadata")) {
      for (const auto& [key, node] : own->items()) {
        inherited.insert_or_assign(key, to_value(node));
      }
    }
    return inherited;
  }

  std::vector<flag> flags(const json& root, const metadata_map& inherited,
                          references& shared) const {
    const pointer at = pointer() / "flags";
    const json* nodes = member(root, "flags");
    std::vector<flag> flags;
    if (nodes != nullptr && nodes->is_object()) {
      for (const auto& [key, node] : nodes->items()) {
        flags.push_back(one_flag(key, node, at / key, inherited, shared));
      }
    } else if (nodes != nullptr && nodes->is_array()) {  // flagd's other form
      for (std::size_t i = 0; i < nodes->size(); ++i) {
        const json& node = (*nodes)[i];
        flags.push_back(one_flag(key_of(node, at / i), node, at / i, inherited, shared));
      }
    } else {
      refuse(at, nodes, "an object of flags");
    }
    keep_last_of_each_key(flags);
    return flags;
  }

  std::string key_of(const json& node, const pointer& at) const {
    const json* key = member(object(node, at, "a flag"), "key");
    if (key == nullptr || !key->is_string()) refuse(at / "key", key, "a string");
    return key->get<std::string>();
  }

  flag one_flag(const std::string& key, const json& node, const pointer& at,
                const metadata_map& inherited, references& shared) const {
    object(node, at, "a flag");
    flag flag;
    flag.key = key;
    flag.pointer = at.to_string();
    flag.enabled = is_enabled(node, at);
    flag.variants = variants(node, at);
    flag.default_variant = default_variant(node, at, flag.variants);
    flag.metadata = metadata(node, at, inherited);
    read_rule(node, flag, shared);
    return flag;
  }

  static void read_rule(const json& node, flag& flag, references& shared) {
    const json* rule = member(node, "targeting");
    if (rule == nullptr || *rule == json::object()) return;
    const auto resolved = shared.resolve(*rule);
    flag.targeting = resolved ? resolved->dump() : rule->dump();
    flag.rule = std::make_shared<const program>(resolved ? compile(*resolved) : failing_program());
  }

  bool is_enabled(const json& node, const pointer& at) const {
    const json* state = member(node, "state");
    if (state != nullptr && *state == "ENABLED") return true;
    if (state != nullptr && *state == "DISABLED") return false;
    refuse(at / "state", state, R"("ENABLED" or "DISABLED")");
  }

  std::vector<variant> variants(const json& node, const pointer& at) const {
    const json* variants = member(node, "variants");
    if (variants == nullptr || !variants->is_object()) {
      refuse(at / "variants", variants, "an object of variants");
    }
    std::vector<variant> result;
    for (const auto& [name, value] : variants->items()) result.push_back({name, to_value(value)});
    return result;
  }

  std::optional<std::size_t> default_variant(const json& node, const pointer& at,
                                             const std::vector<variant>& variants) const {
    const json* chosen = member(node, "defaultVariant");
    if (chosen == nullptr || chosen->is_null()) return std::nullopt;
    if (!chosen->is_string()) refuse(at / "defaultVariant", chosen, "a string");
    const auto wanted = chosen->get<std::string>();
    if (wanted.empty()) return std::nullopt;
    std::vector<std::string> names;
    for (const variant& variant : variants) {
      if (variant.name == wanted) return names.size();
      names.push_back(variant.name);
    }
    refuse(at / "defaultVariant", chosen,
           names.empty() ? "none, for it has no variants"
                         : "one of its variants: " + quoted_list(names));
  }

  /// As among the members of an object, the last one of a key counts.
  static void keep_last_of_each_key(std::vector<flag>& flags) {
    std::reverse(flags.begin(), flags.end());
    std::stable_sort(flags.begin(), flags.end(),
                     [](const flag& a, const flag& b) { return a.key < b.key; });
    const auto end = std::unique(flags.begin(), flags.end(),
                                 [](const flag& a, const flag& b) { return a.key == b.key; });
    flags.erase(end, flags.end());
  }

  const std::string& name_;
};

}  // namespace

document read_document(std::string_view text, const std::string& name) {
  return reading(name).read(text);
}

std::string quoted(const std::string& text) { return json(text).dump(); }

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
  return list;
}

std::string variant_pointer(const flag& flag, const variant& variant) {
  return (pointer(flag.pointer) / "variants" / variant.name).to_string();
}

}  // namespace crossfade::flags::detail
