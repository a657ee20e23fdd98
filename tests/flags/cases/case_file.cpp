#include "tests/flags/cases/case_file.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "flags/detail/compiler.hpp"
#include "flags/detail/murmur3.hpp"
#include "flags/detail/program.hpp"
#include "flags/errors.hpp"
#include "flags/snapshot.hpp"
#include "flags/validate.hpp"

namespace crossfade::flags {
namespace {

using detail::json;  // in the file's order, as the rules that are part of it are

json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot be read: " + path.string());
  return json::parse(file);
}

/// Numbers by value, members in any order.
bool same(const json& a, const json& b) {
  if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (!a.is_structured()) return a == b;
  for (const auto& [key, value] : a.items()) {
    const bool there = a.is_array() || b.contains(key);
    if (!there || !same(value, a.is_array() ? b[std::stoul(key)] : b[key])) return false;
  }
  return true;
}

fractional_generation to_generation(const std::string& name) {
  if (name == "v1") return fractional_generation::v1;
  if (name == "v2") return fractional_generation::v2;
  if (name == "v3") return fractional_generation::v3;
  throw std::runtime_error("unknown generation of fractional: " + name);
}

json to_json(const detail::datum& value) {
  switch (value.type()) {
    case detail::kind::boolean:
      return value.truth();
    case detail::kind::number:
      return value.number();
    case detail::kind::text:
      return std::string(value.text());
    case detail::kind::list: {
      json list = json::array();
      for (const auto& item : value.items()) list.push_back(to_json(item));
      return list;
    }
    case detail::kind::object: {
      json object = json::object();
      for (const auto& [name, item] : value.members()) object[std::string(name)] = to_json(item);
      return object;
    }
    case detail::kind::failure:
      return "ERROR";
    case detail::kind::null:
      break;
  }
  return nullptr;
}

/// The evaluation in the words of the case files.
template <typename Value>
json outcome(const details<Value>& details) {
  json metadata = json::object();
  for (const auto& [key, value] : details.metadata) metadata[key] = json::parse(to_json(value));
  return {{"value", details.value},
          {"variant", details.variant ? json(*details.variant) : json()},
          {"reason", to_string(details.reason)},
          {"error", details.error ? json(to_string(*details.error)) : json()},
          {"metadata", metadata}};
}

json evaluate(const snapshot& flags, const json& c) {
  const std::string key = c.at("flag");
  const std::string type = c.at("type");
  const json& fallback = c.at("default");
  const json given = c.value("context", json::object());
  auto context = context::parse(given.is_null() ? "{}" : given.dump());
  if (c.contains("now")) {
    context.at(std::chrono::sys_seconds(std::chrono::seconds(c["now"].get<std::int64_t>())));
  }
  if (type == "boolean") return outcome(flags.boolean(key, fallback, context));
  if (type == "integer") return outcome(flags.integer(key, fallback, context));
  if (type == "float") return outcome(flags.number(key, fallback, context));
  if (type == "string") {
    return outcome(flags.string(key, fallback.get_ref<const std::string&>(), context));
  }
  if (type != "object") throw std::runtime_error("unknown type: " + type);
  const std::string text = fallback.dump();
  json result = outcome(flags.object(key, text, context));
  result["value"] = json::parse(result["value"].get<std::string>());
  return result;
}

class runner {
 public:
  runner(const std::filesystem::path& path, case_report& report)
      : path_(path), book_(read_json(path)), report_(report) {
    if (!book_.is_object()) throw std::runtime_error("no case file: it is no object");
  }

  void run() {
    const std::pair<const char*, void (runner::*)(const json&)> sections[] = {
        {"cases", &runner::one_case},
        {"logic", &runner::logic},
        {"hashes", &runner::hash},
        {"loads", &runner::load},
        {"validations", &runner::validation},
        {"matrix", &runner::matrix}};
    bool any = false;
    for (const auto& [name, run_one] : sections) {
      if (!book_.contains(name)) continue;
      any = true;
      std::size_t position = 0;
      for (const json& c : book_[name]) {
        at_ = path_.string() + ": " + name + '[' + std::to_string(position++) + ']';
        if (c.contains("name")) at_ += " \"" + c["name"].get<std::string>() + '"';
        try {
          (this->*run_one)(c);
        } catch (const std::exception& error) {
          report_.failures.push_back(at_ + ": " + error.what());
        }
      }
    }
    if (!any) throw std::runtime_error("no case file: it has none of the sections");
  }

 private:
  void judge(bool passed, const std::function<std::string()>& explain) {
    if (passed) {
      ++report_.passed;
    } else {
      report_.failures.push_back(at_ + ": " + explain());
    }
  }

  /// The generation that a case is for.
  std::string generation(const json& c) const {
    return c.value("fractional", book_.value("fractional", "v2"));
  }

  const snapshot& flags(const json& source, const std::string& generation) {
    const auto key = generation + source.dump();
    const auto known = snapshots_.find(key);
    if (known != snapshots_.end()) return known->second;
    const auto which = to_generation(generation);
    auto loaded = source.is_string()
                      ? snapshot::load(path_.parent_path() / source.get<std::string>(), which)
                      : snapshot::parse(source.dump(), "flags", which);
    return snapshots_.emplace(key, std::move(loaded)).first->second;
  }

  void one_case(const json& c) {
    const json& source = c.contains("flags") ? c["flags"] : book_.at("flags");
    const json result = evaluate(flags(source, generation(c)), c);
    std::string differences;
    for (const auto& [member, expected] : c.at("expect").items()) {
      if (same(result.at(member), expected)) continue;
      differences +=
          "\n    " + member + " is " + result[member].dump() + ", expected " + expected.dump();
    }
    judge(differences.empty(), [&] {
      return "flag " + c["flag"].dump() + " as " + c["type"].get<std::string>() + " for " +
             c.value("context", json()).dump() + differences;
    });
  }

  void logic(const json& c) {
    std::pmr::monotonic_buffer_resource memory;
    detail::evaluation with{memory, to_generation(generation(c))};
    const auto rule = detail::compile(c.at("rule"));
    const detail::scope data(detail::to_datum(c.at("data"), memory));
    const json result = to_json(detail::run(rule, data, with));
    judge(same(result, c.at("expect")), [&] {
      return c["rule"].dump() + " of " + c["data"].dump() + " is " + result.dump() + ", expected " +
             c["expect"].dump();
    });
  }

  void hash(const json& c) {
    const auto text = c.at("text").get<std::string>();
    const auto result = detail::murmur3(text, c.value("seed", std::uint32_t{0}));
    judge(result == c.at("hash").get<std::uint32_t>(), [&] {
      return c["text"].dump() + " is " + std::to_string(result) + ", expected " + c["hash"].dump();
    });
  }

  void load(const json& c) {
    const auto text = c.at("content").get<std::string>();
    const auto refusal = refusal_of(text);
    judge(refusal.empty() == c.at("accept").get<bool>(), [&] {
      return refusal.empty() ? "taken, expected to be refused" : "refused: " + refusal;
    });
    judge_errors(refusal, validate(text, "flags"));
  }

  void validation(const json& c) {
    json document = c.at("document");
    const std::string schema_name = c.at("schema");
    if (schema_name == "targeting.json") {
      document = {
          {"flags",
           {{"rule",
             {{"state", "ENABLED"}, {"variants", {{"on", true}}}, {"targeting", document}}}}}};
    }
    const std::string text = document.dump();
    const auto schema = schema_name == "flagd.json" ? schema::flagd : schema::flags;
    const auto found = validate(text, "flags", schema);
    judge_errors(refusal_of(text), found);
    if (!c.at("valid").get<bool>()) {
      judge(!found.empty(), [&] { return "found right, expected a violation: " + text; });
      return;
    }
    const bool stricter_with_reason =
        std::all_of(found.begin(), found.end(), [](const violation& each) {
          return each.severity == severity::error || !each.why.empty();
        });
    judge(stricter_with_reason, [&] { return "expected to be right: " + text + listed(found); });
    if (!found.empty()) report_.notes.push_back(at_ + ": the schema lets pass" + listed(found));
  }

  static std::string refusal_of(const std::string& text) {
    try {
      snapshot::parse(text, "flags");
      return {};
    } catch (const flag_error& error) {
      return error.what();
    }
  }

  static std::string listed(const std::vector<violation>& found) {
    std::string text;
    for (const violation& each : found) text += "\n    " + to_string(each);
    return text;
  }

  /// There is an error if and only if the text is refused, and the refusal is about one of them.
  void judge_errors(const std::string& refusal, const std::vector<violation>& found) {
    bool any = false;
    bool names_it = false;
    for (const violation& each : found) {
      if (each.severity != severity::error) continue;
      any = true;
      names_it |= refusal.ends_with(each.message);
    }
    judge(any == !refusal.empty() && any == names_it,
          [&] { return "loading says \"" + refusal + "\", validation" + listed(found); });
  }

  void matrix(const json& c) {
    const std::string set = c.at("set");
    const std::string expected = c.at("expect");
    const auto& flags = this->flags(book_.at("sets").at(set), generation(c));
    const json& keys = book_.at("keys");
    if (keys.size() != expected.size()) throw std::runtime_error("not a letter for each key");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const json one = {{"flag", c.at("flag")},
                        {"type", "string"},
                        {"default", "default"},
                        {"context", {{"targetingKey", keys[i]}}}};
      const json result = evaluate(flags, one);
      const json& variant = book_.at("letters").at(std::string(1, expected[i]));
      const bool passed = result["variant"] == variant && result["error"].is_null() &&
                          result["reason"] == c.at("reason");
      judge(passed, [&] {
        return "flag " + c["flag"].dump() + " of set " + set + " for " + keys[i].dump() + " is " +
               result.dump() + ", expected " + variant.dump();
      });
    }
  }

  std::filesystem::path path_;
  json book_;
  case_report& report_;
  std::string at_;  // which case this is
  std::map<std::string, snapshot> snapshots_;
};

}  // namespace

void run_case_file(const std::filesystem::path& path, case_report& report) {
  runner(path, report).run();
}

}  // namespace crossfade::flags
