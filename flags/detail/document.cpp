#include "flags/detail/document.hpp"

#include "flags/detail/compiler.hpp"
#include "flags/detail/document_check.hpp"
#include "flags/detail/json.hpp"
#include "flags/errors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

json_value to_value(const json& node) {
  if (node.is_boolean()) return node.get<bool>();
  if (node.is_number()) return node.get<double>();
  if (node.is_string()) return node.get<std::string>();
  return json_text{node.dump()};
}

const json* object_or_null(const json& holder, std::string_view name) {
  const json* node = find_member(holder, name);
  return node != nullptr && node->is_object() ? node : nullptr;
}

metadata_map metadata(const json& holder, metadata_map inherited) {
  if (const json* own = object_or_null(holder, "metadata")) {
    for (const auto& [key, node] : own->items()) inherited.insert_or_assign(key, to_value(node));
  }
  return inherited;
}

/// Turns a document in which nothing is wrong into flags.
class reading {
 public:
  explicit reading(const json& root) : shared_(object_or_null(root, "$evaluators")) {
    result_.metadata = metadata(root, {});
    const place at = place::document() / "flags";
    const json& nodes = root["flags"];
    if (nodes.is_object()) {
      for (const auto& [key, node] : nodes.items()) add(key, node, at / key);
    } else {  // flagd's other form
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        const std::string position = std::to_string(i);
        add(nodes[i]["key"].get<std::string>(), nodes[i], at / position);
      }
    }
    keep_last_of_each_key(result_.flags);
  }

  document take() { return std::move(result_); }

 private:
  void add(const std::string& key, const json& node, const place& at) {
    flag flag;
    flag.key = key;
    flag.pointer = at.pointer();
    flag.enabled = node["state"] == "ENABLED";
    for (const auto& [name, value] : node["variants"].items()) {
      flag.variants.push_back({name, to_value(value)});
    }
    flag.default_variant = default_variant(node, flag.variants);
    flag.metadata = metadata(node, result_.metadata);
    read_rule(node, flag);
    result_.flags.push_back(std::move(flag));
  }

  void read_rule(const json& node, flag& flag) {
    const json* rule = find_member(node, "targeting");
    if (rule == nullptr || *rule == json::object()) return;
    const auto resolved = shared_.resolve(*rule);
    flag.targeting = resolved ? resolved->dump() : rule->dump();
    flag.rule = std::make_shared<const program>(resolved ? compile(*resolved) : failing_program());
  }

  static std::optional<std::size_t> default_variant(const json& node,
                                                    const std::vector<variant>& variants) {
    const json* chosen = find_member(node, "defaultVariant");
    if (chosen == nullptr || chosen->is_null() || is_empty_string(*chosen)) return std::nullopt;
    const auto found = std::find_if(variants.begin(), variants.end(), [&](const variant& variant) {
      return variant.name == chosen->get_ref<const std::string&>();
    });
    return static_cast<std::size_t>(std::distance(variants.begin(), found));
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

  references shared_;
  document result_;
};

}  // namespace

document read_document(std::string_view text, const std::string& name) {
  const json root = parse_json(text, name);
  const auto refuse = [&](severity severity, const place& at, const std::string& message,
                          std::string_view) {
    if (severity == severity::error) throw flag_error(name, at.pointer(), message);
  };
  check_document(root, schema::flagd, refuse);
  return reading(root).take();
}

std::string variant_pointer(const flag& flag, const variant& variant) {
  const place variants = place::document() / "variants";
  return flag.pointer + (variants / variant.name).pointer();
}

}  // namespace crossfade::flags::detail
