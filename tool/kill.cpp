#include "tool/kill.hpp"

#include "flags/kill_switch.hpp"
#include "flags/snapshot.hpp"
#include "flags/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <optional>

namespace crossfade::tool {
namespace {

using json = nlohmann::ordered_json;
using text = std::optional<std::string>;  // of the kill switch; unset: there is none
using edit_of_killed = std::function<flags::kill_switch(const text& before)>;

/// A misspelt key would kill nothing, and nobody would notice. Of a file that does not load the
/// flags are not known, and can be killed too.
std::optional<flags::snapshot> known_flags(const flags::store& store) {
  try {
    return flags::snapshot::parse(store.read(), store.file().string());
  } catch (const flags::flag_error&) {
    return std::nullopt;
  }
}

std::string description(const flags::kill_switch& killed) {
  if (killed.covers_nothing()) return "nothing is killed";
  if (killed.all) return "every flag is killed";
  std::string list = "killed:";
  for (const std::string& key : killed.keys) list += ' ' + key;
  return list;
}

flags::audit_note note_of(bool kills, const std::string& reason,
                          const std::vector<std::string>& keys) {
  flags::audit_note note{kills ? "kill" : "unkill", reason, {}};
  if (keys.empty()) note.changes.push_back(flags::audited_kill("*", kills));
  for (const std::string& key : keys) note.changes.push_back(flags::audited_kill(key, kills));
  return note;
}

status apply(flags::store& store, const common& options, const writing& writing,
             const flags::audit_note& note, const edit_of_killed& wanted) {
  flags::kill_switch result;
  const auto remembering = [&](const text& before) {
    result = wanted(before);
    static_cast<void>(result.to_text());  // refuses a key that does not fit, also in a dry run
    return result;
  };
  if (writing.dry_run) {
    remembering(store.kill_text());
  } else if (const auto unheard = store.change_killed(remembering, note)) {
    std::cerr << "warning: it is done, but not in the audit log: " << *unheard << '\n';
  }
  if (options.json) {
    const json told{{"dry_run", writing.dry_run}, {"all", result.all}, {"keys", result.keys}};
    std::cout << told.dump(2) << '\n';
    return status::ok;
  }
  std::cout << description(result) << '\n';
  if (writing.dry_run) std::cout << "nothing was written: --dry-run\n";
  return status::ok;
}

flags::kill_switch parsed(const flags::store& store, const text& before) {
  if (!before) return {};
  return flags::kill_switch::parse(*before, store.kill_file().string());
}

}  // namespace

status kill(const common& options, const writing& writing, const std::vector<std::string>& keys) {
  flags::store store(options.file);
  const auto known = writing.force ? std::nullopt : known_flags(store);
  for (const std::string& key : keys) {
    if (known) static_cast<void>(known->at(key));
  }
  return apply(store, options, writing, note_of(true, writing.reason, keys),
               [&](const text& before) -> flags::kill_switch {
                 if (keys.empty()) return {.all = true, .keys = {}};
                 flags::kill_switch killed = parsed(store, before);
                 if (killed.all) return killed;
                 for (const std::string& key : keys) killed.add(key);
                 return killed;
               });
}

status unkill(const common& options, const writing& writing, const std::vector<std::string>& keys) {
  flags::store store(options.file);
  return apply(store, options, writing, note_of(false, writing.reason, keys),
               [&](const text& before) -> flags::kill_switch {
                 if (keys.empty()) return {};
                 flags::kill_switch killed = parsed(store, before);
                 if (killed.all) {
                   throw flags::flag_error(store.kill_file().string(), "",
                                           "kills every flag; expected `unkill` without keys, and "
                                           "perhaps `kill` with those that are to stay killed");
                 }
                 std::erase_if(killed.keys, [&](const std::string& key) {
                   return std::find(keys.begin(), keys.end(), key) != keys.end();
                 });
                 return killed;
               });
}

}  // namespace crossfade::tool
