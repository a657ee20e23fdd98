#include "flags/detail/document_check.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags::detail {
namespace {

bool is_one_line(std::string_view name) {
  constexpr std::array<std::string_view, 4> breaks = {"\n", "\r", "\u2028", "\u2029"};
  return std::none_of(breaks.begin(), breaks.end(),
                      [&](std::string_view end) { return name.find(end) != name.npos; });
}

/// The type of a variant's value, as in "a boolean"; empty for one that no flag can have.
std::string_view type_of(const json& value) {
  if (value.is_boolean()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  return value.is_object() ? "an object" : "";
}

class document_check {
 public:
  document_check(schema schema, const objections& object_to)
      : schema_(schema), object_to_(object_to) {}

  void document(const json& root) const {
    const place& top = place::document();
    if (!root.is_object()) return refuse(top, &root, R"(an object with the member "flags")");
    evaluators(root, top);
    metadata(root, top);
    flags(find_member(root, "flags"), top / "flags");
  }

 private:
  void refuse(const place& at, const json* node, const std::string& expected) const {
    object_to_(severity::error, at, "is " + describe(node) + "; expected " + expected, {});
  }
  void warn(const place& at, const json* node, const std::string& expected) const {
    object_to_(severity::warning, at, "is " + describe(node) + "; expected " + expected, {});
  }

  void name(std::string_view given, const place& at) const {
    if (!given.empty() && is_one_line(given)) return;
    object_to_(severity::warning, at,
               "has the name " + quoted(std::string(given)) +
                   "; expected at least one character, on one line",
               {});
  }

  /// The member, or null if there is no object of that name.
  const json* optional_object(const json& holder, const place& at, std::string_view name) const {
    const json* node = find_member(holder, name);
    if (node == nullptr || node->is_object()) return node;
    if (node->is_null()) {
      warn(at / name, node, "an object");
    } else {
      refuse(at / name, node, "an object");
    }
    return nullptr;
  }

  void evaluators(const json& root, const place& top) const {
    const json* rules = optional_object(root, top, "$evaluators");
    if (rules == nullptr) return;
    const place at = top / "$evaluators";
    for (const auto& [key, rule] : rules->items()) {
      name(key, at / key);
      const bool says_nothing = rule.is_null() || rule == json::object();
      if (says_nothing) refuse(at / key, &rule, "a rule");
    }
  }

  void metadata(const json& holder, const place& parent) const {
    const json* own = optional_object(holder, parent, "metadata");
    if (own == nullptr) return;
    const place at = parent / "metadata";
    for (const auto& [key, value] : own->items()) {
      if (type_of(value).empty() || value.is_object()) {
        warn(at / key, &value, "a string, a number or a boolean");
      }
    }
  }

  void flags(const json* nodes, const place& at) const {
    if (nodes != nullptr && nodes->is_object()) {
      for (const auto& [key, node] : nodes->items()) {
        name(key, at / key);
        flag(node, at / key);
      }
    } else if (nodes != nullptr && nodes->is_array()) {
      if (schema_ == schema::flags) warn(at, nodes, "an object of flags, as all providers read it");
      for (std::size_t i = 0; i < nodes->size(); ++i) {
        const std::string position = std::to_string(i);
        listed_flag((*nodes)[i], at / position);
      }
    } else {
      refuse(at, nodes, "an object of flags");
    }
  }

  void listed_flag(const json& node, const place& at) const {
    if (!node.is_object()) return refuse(at, &node, "a flag");
    const json* key = find_member(node, "key");
    if (key == nullptr || !key->is_string()) {
      refuse(at / "key", key, "a string");
    } else if (is_empty_string(*key)) {
      warn(at / "key", key, "at least one character");
    }
    flag(node, at);
  }

  void flag(const json& node, const place& at) const {
    if (!node.is_object()) return refuse(at, &node, "a flag");
    const json* state = find_member(node, "state");
    if (state == nullptr || (*state != "ENABLED" && *state != "DISABLED")) {
      refuse(at / "state", state, R"("ENABLED" or "DISABLED")");
    }
    const json* values = find_member(node, "variants");
    if (values != nullptr && values->is_object()) {
      variants(*values, at / "variants");
      default_variant(node, *values, at / "defaultVariant");
    } else {
      refuse(at / "variants", values, "an object of variants");
    }
    metadata(node, at);
  }

  void variants(const json& values, const place& at) const {
    if (values.empty()) return warn(at, &values, "at least one variant");
    const std::string_view type = type_of(values.front());
    for (const auto& [key, value] : values.items()) {
      name(key, at / key);
      if (type_of(value).empty()) {
        warn(at / key, &value, "a boolean, a number, a string or an object");
      } else if (!type.empty() && type_of(value) != type) {
        warn(at / key, &value, std::string(type) + ", as the first variant is");
      }
    }
  }

  void default_variant(const json& node, const json& values, const place& at) const {
    const json* chosen = find_member(node, "defaultVariant");
    if (chosen == nullptr || chosen->is_null() || is_empty_string(*chosen)) return;
    if (!chosen->is_string()) return refuse(at, chosen, "a string");
    if (find_member(values, chosen->get_ref<const std::string&>()) != nullptr) return;
    refuse(at, chosen,
           values.empty() ? "none, for it has no variants"
                          : "one of its variants: " + quoted_list(names_of(values)));
  }

  const schema schema_;
  const objections& object_to_;
};

}  // namespace

std::string describe(const json* node) {
  if (node == nullptr) return "missing";
  if (node->is_primitive() || node->empty()) return node->dump();
  return node->is_object() ? "an object" : "a list";
}

const json* find_member(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

bool is_empty_string(const json& node) {
  return node.is_string() && node.get_ref<const std::string&>().empty();
}

std::vector<std::string> names_of(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

std::string quoted(const std::string& text) { return json(text).dump(); }

void check_document(const json& root, schema schema, const objections& object_to) {
  document_check(schema, object_to).document(root);
}

}  // namespace crossfade::flags::detail
