#include "tool/show.hpp"

#include "tool/situation.hpp"
#include "tool/table.hpp"

#include "flags/stage.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <optional>
#include <utility>
#include <vector>

namespace crossfade::tool {
namespace {

using json = nlohmann::ordered_json;

json to_value(const flags::json_value& value) { return json::parse(flags::to_json(value)); }

/// As a person writes it: without quotes.
std::string plain(const flags::json_value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text ? *text : flags::to_json(value);
}

json to_object(const flags::metadata_map& metadata) {
  json result = json::object();
  for (const auto& [name, value] : metadata) result[name] = to_value(value);
  return result;
}

std::string metadatum(const flags::flag& flag, std::string_view name) {
  const auto found = flag.metadata.find(name);
  return found == flag.metadata.end() ? "-" : plain(found->second);
}

json optional_text(const std::optional<std::string>& text) { return text ? json(*text) : json(); }

std::optional<std::string> default_of(const flags::flag& flag) {
  if (!flag.default_variant) return std::nullopt;
  return flag.variants[*flag.default_variant].name;
}

/// What stands above the file, if something does.
std::string mark(const situation& now, std::string_view key) {
  if (now.killed().covers(key)) return "killed";
  const auto variant = now.override_of(key);
  return variant ? "environment: " + *variant : "-";
}

json list_as_json(const common& options, const situation& now) {
  json listed = json::array();
  for (const flags::flag& flag : now.file().flags()) {
    const flags::progress progress = flags::progress_of(flag);
    listed.push_back({{"key", flag.key},
                      {"state", flag.enabled ? "ENABLED" : "DISABLED"},
                      {"stage", flags::to_string(progress.stage)},
                      {"default", optional_text(default_of(flag))},
                      {"coro_percent", progress.coro ? json(progress.coro->percent()) : json()},
                      {"killed", now.killed().covers(flag.key)},
                      {"override", optional_text(now.override_of(flag.key))},
                      {"metadata", to_object(flag.metadata)}});
  }
  return {{"file", options.file.string()},
          {"content_hash", now.content_hash()},
          {"all_killed", now.killed().all},
          {"flags", std::move(listed)}};
}

flags::context context_of(const asked& asked) {
  if (asked.context.empty()) return flags::context(asked.targeting_key);
  if (asked.targeting_key.empty()) return flags::context::parse(asked.context);
  // Of a member that is there twice the last counts; this makes it once.
  json merged = json::parse(asked.context, nullptr, false);
  if (merged.is_object()) merged["targetingKey"] = asked.targeting_key;
  return flags::context::parse(merged.is_discarded() ? asked.context : merged.dump());
}

void warn(const situation& now) {
  if (now.kill_error()) {
    std::cerr << now.kill_error()->what()
              << "; until it is right, every flag is taken for killed (`unkill` removes it)\n";
  }
  for (const flags::flag_error& refused : now.refused_overrides()) {
    std::cerr << refused.what() << "; it does not count\n";
  }
}

const flags::metadata_map& metadata_of(const situation& now, const std::string& key) {
  static const flags::metadata_map none;
  try {
    const flags::flag* const flag = now.file().find(key);
    return flag ? flag->metadata : none;
  } catch (const flags::flag_error&) {
    return none;  // a killed flag has an answer all the same
  }
}

std::vector<std::string> steps(const situation& now, const asked& asked, decider by) {
  const std::string& key = asked.flag;
  if (by == decider::kill_switch) {
    const bool all = now.killed().all;
    return {all ? "the kill switch covers every flag" : "the kill switch covers this flag",
            "so the code's default, whatever the environment and the file say"};
  }
  std::vector<std::string> lines{"the kill switch does not cover it"};
  const auto variant = now.override_of(key);
  if (!variant) {
    lines.push_back(std::string(flags::overrides::variable) + " does not name it");
    for (std::string& line : flags::explain(now.file(), key, context_of(asked))) {
      lines.push_back(std::move(line));
    }
    return lines;
  }
  lines.push_back(std::string(flags::overrides::variable) + " chooses its variant " + *variant);
  lines.push_back("so " + flags::to_json(*now.decide(key).answer.value) +
                  ", whatever the file says");
  return lines;
}

status status_of(const decision& decision) {
  return decision.answer.error ? status::refused : status::ok;
}

}  // namespace

status list(const common& options) {
  const situation now(options);
  warn(now);
  if (options.json) {
    std::cout << list_as_json(options, now).dump(2) << '\n';
    return status::ok;
  }
  std::vector<row> rows{
      {"FLAG", "STAGE", "STATE", "DEFAULT", "CORO", "ABOVE THE FILE", "OWNER", "REMOVE AFTER"}};
  for (const flags::flag& flag : now.file().flags()) {
    const flags::progress progress = flags::progress_of(flag);
    rows.push_back({flag.key, std::string(flags::to_string(progress.stage)),
                    flag.enabled ? "ENABLED" : "DISABLED", default_of(flag).value_or("-"),
                    progress.coro ? progress.coro->to_text() : "-", mark(now, flag.key),
                    metadatum(flag, "owner"), metadatum(flag, "remove_after")});
  }
  print_table(std::cout, rows);
  return status::ok;
}

status get(const common& options, const asked& asked) {
  const situation now(options);
  warn(now);
  const decision decision = now.decide(asked.flag, context_of(asked));
  const flags::answer& answer = decision.answer;
  const flags::metadata_map& metadata = metadata_of(now, asked.flag);
  const std::optional<std::string> error =
      answer.error ? std::optional(std::string(flags::to_string(*answer.error))) : std::nullopt;
  if (options.json) {
    std::cout << json{{"flag", asked.flag},
                      {"value", answer.value ? to_value(*answer.value) : json()},
                      {"variant", optional_text(answer.variant)},
                      {"reason", flags::to_string(answer.reason)},
                      {"error", optional_text(error)},
                      {"decided_by", to_string(decision.by)},
                      {"metadata", to_object(metadata)}}
                     .dump(2)
              << '\n';
    return status_of(decision);
  }
  std::vector<row> rows{{"value", answer.value ? plain(*answer.value) : "(the code's default)"},
                        {"variant", answer.variant.value_or("-")},
                        {"reason", std::string(flags::to_string(answer.reason))},
                        {"decided by", std::string(to_string(decision.by))}};
  if (error) rows.push_back({"error", *error});
  for (const auto& [name, value] : metadata) rows.push_back({"metadata." + name, plain(value)});
  print_table(std::cout, rows);
  return status_of(decision);
}

status explain(const common& options, const asked& asked) {
  const situation now(options);
  warn(now);
  const decision decision = now.decide(asked.flag, context_of(asked));
  const std::vector<std::string> lines = steps(now, asked, decision.by);
  if (options.json) {
    std::cout << json{{"flag", asked.flag},
                      {"decided_by", to_string(decision.by)},
                      {"steps", lines}}
                     .dump(2)
              << '\n';
    return status_of(decision);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) std::cout << i + 1 << ". " << lines[i] << '\n';
  return status_of(decision);
}

}  // namespace crossfade::tool
