#include "tool/change.hpp"

#include "tool/differences.hpp"
#include "tool/situation.hpp"

#include "flags/difference.hpp"
#include "flags/editor.hpp"
#include "flags/store.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <iostream>
#include <vector>

namespace crossfade::tool {
namespace {

using json = nlohmann::ordered_json;

/// The flags of a text; unset if it does not load, as there may be nothing else to roll back.
std::optional<flags::snapshot> flags_of(const std::string& text, const std::string& name) {
  std::optional<flags::snapshot> found;
  try {
    found.emplace(flags::snapshot::parse(text, name));
  } catch (const flags::flag_error& error) {
    std::cerr << "note: what is replaced did not load: " << error.what() << '\n';
  }
  return found;
}

/// What is changed in the file, but has no effect.
void note_what_is_above(const common& options, const std::vector<flags::audited_change>& changes) {
  const situation now(options);
  if (now.killed().all) {
    std::cerr << "note: every flag is killed, until `crossfade flags unkill`\n";
    return;
  }
  for (const flags::audited_change& change : changes) {
    if (now.killed().covers(change.flag)) {
      std::cerr << "note: " << change.flag << " is killed, until `crossfade flags unkill "
                << change.flag << "`\n";
    } else if (const auto variant = now.override_of(change.flag)) {
      std::cerr << "note: where " << flags::overrides::variable << " is as here, " << change.flag
                << " is " << *variant << " whatever the file says\n";
    }
  }
}

void tell(const common& options, const writing& writing,
          const std::optional<flags::snapshot>& before, const flags::snapshot& after,
          std::optional<std::size_t> version) {
  const auto changes =
      before ? flags::differences(*before, after) : flags::differences(flags::snapshot(), after);
  if (options.json) {
    const json told{{"dry_run", writing.dry_run},
                    {"version", version ? json(*version) : json()},
                    {"changes", to_array(changes)}};
    std::cout << told.dump(2) << '\n';
    return;
  }
  if (before) print(std::cout, changes);
  if (version) {
    std::cout << "version " << *version << " of " << options.file.string() << ", "
              << after.flags().size() << " flags\n";
  } else {
    std::cout << (writing.dry_run ? "nothing was written: --dry-run\n" : "nothing to change\n");
  }
}

/// Makes of the file's text another one, shows what that changes, and writes it.
status change(const common& options, const writing& writing, const std::string& verb,
              const std::function<std::string(const std::string& base)>& edit) {
  flags::store store(options.file);
  const std::string name = options.file.string();
  const std::string base = store.read();
  const std::string text = edit(base);
  const auto after = flags::snapshot::parse(text, name);
  const auto before = flags_of(base, name);
  std::optional<std::size_t> version;
  const flags::snapshot nothing;
  const auto changes = flags::audited_changes(before ? *before : nothing, after);
  if (text != base && !writing.dry_run) {
    version = store.replace(base, text, {verb, writing.reason, changes});
  }
  tell(options, writing, before, after, version);
  note_what_is_above(options, changes);
  return status::ok;
}

status edit(const common& options, const writing& writing, const std::string& verb,
            const std::function<void(flags::editor&, flags::by_hand)>& edit) {
  try {
    return change(options, writing, verb, [&](const std::string& base) {
      flags::editor editor(base, options.file.string());
      edit(editor, writing.force ? flags::by_hand::replace : flags::by_hand::keep);
      return editor.text();
    });
  } catch (const flags::foreign_rule& error) {
    std::cerr << error.what() << "; --force replaces it\n";
    return status::refused;
  }
}

/// What to do, ahead of `complete`.
std::string way_to_live(const flags::flag& flag, flags::stage stage) {
  if (stage == flags::stage::complete) return "There is nothing left to complete";
  if (!flag.enabled) return "`crossfade flags enable " + flag.key + "` lets the file decide";
  return "`crossfade flags set " + flag.key + " coro` moves everybody; complete it when that has " +
         "proved itself";
}

}  // namespace

status set(const common& options, const writing& writing, const choice& choice) {
  return edit(options, writing, "set", [&](flags::editor& editor, flags::by_hand rule) {
    if (choice.add_variant) editor.add_variant(choice.flag, choice.variant);
    if (choice.keep_rule) {
      editor.set_default(choice.flag, choice.variant);
    } else {
      editor.set_for_all(choice.flag, choice.variant, rule);
    }
  });
}

status set_enabled(const common& options, const writing& writing, const std::string& flag,
                   bool enabled) {
  return edit(options, writing, enabled ? "enable" : "disable",
              [&](flags::editor& editor, flags::by_hand) { editor.set_enabled(flag, enabled); });
}

status rollout(const common& options, const writing& writing, const std::string& flag,
               const flags::share& coro) {
  return edit(options, writing, "rollout", [&](flags::editor& editor, flags::by_hand rule) {
    editor.set_rollout(flag, coro, rule);
  });
}

status complete(const common& options, const writing& writing, const std::string& flag) {
  return edit(options, writing, "complete", [&](flags::editor& editor, flags::by_hand) {
    const flags::flag& found = editor.current().at(flag);
    const flags::stage stage = flags::progress_of(found).stage;
    if (stage != flags::stage::live) {
      throw flags::flag_error(options.file.string(), found.pointer,
                              (found.enabled ? "has the stage " + std::string(to_string(stage))
                                             : std::string("is DISABLED")) +
                                  "; expected live. " + way_to_live(found, stage));
    }
    editor.remove_variant(flag, "fiber");
  });
}

status rollback(const common& options, const writing& writing, std::optional<std::size_t> version) {
  const flags::store store(options.file);
  const std::size_t number = version ? *version : store.previous().number;
  return change(options, writing, "rollback",
                [&](const std::string&) { return store.read_version(number); });
}

}  // namespace crossfade::tool
