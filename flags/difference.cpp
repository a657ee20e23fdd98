#include "flags/difference.hpp"

#include "flags/detail/json.hpp"
#include "flags/stage.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <utility>

namespace crossfade::flags {
namespace {

using detail::json;
using texts = std::map<std::string, std::string>;

std::string default_text(const flag& flag) {
  return flag.default_variant ? flag.variants[*flag.default_variant].name : "none";
}

std::string rule_text(const flag& flag) { return flag.rule ? flag.targeting : "none"; }

std::string progress_text(const flag& flag) {
  const progress progress = progress_of(flag);
  std::string text(to_string(progress.stage));
  if (progress.stage == stage::canary) text += ' ' + progress.coro->to_text();
  return text;
}

texts variant_texts(const flag& flag) {
  texts result;
  for (const variant& variant : flag.variants) {
    result.emplace("variants." + variant.name, to_json(variant.value));
  }
  return result;
}

texts metadata_texts(const flag& flag) {
  texts result;
  for (const auto& [name, value] : flag.metadata)
    result.emplace("metadata." + name, to_json(value));
  return result;
}

std::string change(const std::string& what, const std::string& before, const std::string& after) {
  return what + ": " + before + " -> " + after;
}

void add_changes(std::vector<std::string>& lines, const texts& before, const texts& after) {
  texts names = before;
  names.insert(after.begin(), after.end());
  const auto text_in = [](const texts& all, const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? std::string("none") : found->second;
  };
  for (const auto& [name, either] : names) {
    const std::string was = text_in(before, name);
    const std::string is = text_in(after, name);
    if (was != is) lines.push_back(change(name, was, is));
  }
}

std::vector<std::string> changes(const flag& before, const flag& after) {
  std::vector<std::string> lines;
  const std::pair<const char*, std::string (*)(const flag&)> told[] = {
      {"stage", progress_text},
      {"state",
       [](const flag& flag) { return std::string(flag.enabled ? "ENABLED" : "DISABLED"); }},
      {"defaultVariant", default_text},
      {"targeting", rule_text},
  };
  for (const auto& [what, text] : told) {
    if (text(before) != text(after)) lines.push_back(change(what, text(before), text(after)));
  }
  add_changes(lines, variant_texts(before), variant_texts(after));
  add_changes(lines, metadata_texts(before), metadata_texts(after));
  return lines;
}

}  // namespace

std::vector<flag_difference> differences(const snapshot& before, const snapshot& after) {
  std::vector<flag_difference> result;
  for (const std::string& key : changed_keys(before, after)) {
    const flag* const was = before.find(key);
    const flag* const is = after.find(key);
    if (was == nullptr) {
      result.push_back({key, {"added: " + to_json(*is)}});
    } else if (is == nullptr) {
      result.push_back({key, {"removed"}});
    } else {
      result.push_back({key, changes(*was, *is)});
    }
  }
  return result;
}

std::string to_json(const flag& flag) {
  json variants = json::object();
  for (const variant& variant : flag.variants) {
    variants[variant.name] = json::parse(to_json(variant.value));
  }
  json result = {{"state", flag.enabled ? "ENABLED" : "DISABLED"}, {"variants", variants}};
  if (flag.default_variant) result["defaultVariant"] = flag.variants[*flag.default_variant].name;
  if (flag.rule) result["targeting"] = json::parse(flag.targeting);
  json metadata = json::object();
  for (const auto& [name, value] : flag.metadata) metadata[name] = json::parse(to_json(value));
  if (!metadata.empty()) result["metadata"] = metadata;
  return result.dump();
}

}  // namespace crossfade::flags
