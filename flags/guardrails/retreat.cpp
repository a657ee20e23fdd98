#include "flags/guardrails/retreat.hpp"

#include "flags/editor.hpp"
#include "flags/snapshot.hpp"

#include <exception>
#include <optional>

namespace crossfade::flags {
namespace {

constexpr int most_conflicts = 5;  // others who save the file in the instant between

retreat_report edit(store& where, std::string_view key, std::string_view to,
                    const std::string& evidence) {
  const std::string base = where.read();
  const std::string name = where.file().string();
  const auto before = snapshot::parse(base, name);
  editor editing(base, name);
  editing.set_for_all(key, to);
  if (editing.text() == base) {
    return {retreat_report::way::none,
            std::string(key) + " is " + std::string(to) + " for everybody already"};
  }
  const std::size_t version = where.replace(
      base, editing.text(), {"guardrail", evidence, audited_changes(before, editing.current())});
  return {retreat_report::way::edited, std::string(key) + " is " + std::string(to) +
                                           " for everybody now: version " +
                                           std::to_string(version) + " of " + name};
}

retreat_report kill(store& where, std::string_view key, const std::string& evidence,
                    const std::string& why) {
  const auto killing = [&](const std::optional<std::string>& text) {
    kill_switch killed;
    if (text) killed = kill_switch::parse(*text, where.kill_file().string());
    killed.add(key);
    return killed;
  };
  const auto unheard =
      where.change_killed(killing, {"guardrail", evidence, {audited_kill(key, true)}});
  std::string text = std::string(key) + " is killed, since the file could not be edited: " + why;
  if (unheard) text += "; and it is not in the audit log: " + *unheard;
  return {retreat_report::way::killed, std::move(text)};
}

}  // namespace

retreat_report retreat(store& where, std::string_view key, std::string_view to,
                       const std::string& evidence) {
  std::string why;
  for (int conflicts = 0; conflicts < most_conflicts; ++conflicts) {
    try {
      return edit(where, key, to, evidence);
    } catch (const edit_conflict& again) {
      why = again.what();
    } catch (const std::exception& in_the_way) {
      return kill(where, key, evidence, in_the_way.what());
    }
  }
  return kill(where, key, evidence, why);
}

}  // namespace crossfade::flags
