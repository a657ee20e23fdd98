#include "tool/ab.hpp"
#include "tool/change.hpp"
#include "tool/common.hpp"
#include "tool/inspect.hpp"
#include "tool/kill.hpp"
#include "tool/show.hpp"
#include "tool/simulate.hpp"
#include "tool/watch.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace crossfade::tool {
namespace {

/// The command line, and what it asks for.
class command_line {
 public:
  command_line() {
    app_.set_version_flag("--version", CROSSFADE_VERSION);
    app_.require_subcommand(1);
    app_.fallthrough();  // so that common options may stand behind the verb
    flags_.require_subcommand(1);
    flags_.fallthrough();
    flags_.add_option("--file", options_.file, "The flag file")
        ->envname("CROSSFADE_FLAGS_FILE")
        ->capture_default_str();
    flags_.add_flag("--json", options_.json, "Print JSON, for programs");
    add_ab();
    add_looking();
    add_changing();
    add_killing();
    add_comparing();
  }

  status run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& said) {
      return app_.exit(said) == 0 ? status::ok : status::usage;
    }
    return action_();
  }

 private:
  CLI::App* verb(const std::string& name, const std::string& description,
                 const std::function<status()>& action) {
    CLI::App* const added = flags_.add_subcommand(name, description);
    added->callback([this, action] { action_ = action; });
    return added;
  }

  CLI::App* writing_verb(const std::string& name, const std::string& description,
                         const std::function<status()>& action) {
    CLI::App* const added = verb(name, description, action);
    added->add_flag("--dry-run", writing_.dry_run, "Show what would change, and write nothing");
    added->add_option("--reason", writing_.reason, "Why, for the audit log");
    return added;
  }

  /// What stands behind it is not ours: it has options of its own, `--help` among them.
  void add_ab() {
    CLI::App* const added =
        app_.add_subcommand("ab", "Compare the backends, by workloads or by a service that runs");
    added->prefix_command();
    added->fallthrough(false);
    added->set_help_flag();
    added->callback([this, added] { action_ = [added] { return ab(added->remaining()); }; });
  }

  void take_flag(CLI::App* verb, std::string& key) {
    verb->add_option("KEY", key, "The flag's key")->required();
  }

  void add_looking() {
    verb("list", "All flags: how far each has come, and what stands above the file",
         [this] { return list(options_); });
    for (auto* const added :
         {verb("get", "What a flag answers", [this] { return get(options_, asked_); }),
          verb("explain", "Why it answers so, step by step",
               [this] { return explain(options_, asked_); })}) {
      take_flag(added, asked_.flag);
      added->add_option("--key", asked_.targeting_key, "For whom: the targeting key");
      added->add_option("--context", asked_.context, "For whom: attributes, as a JSON object");
    }
    verb("watch", "Tell of each change that takes effect, until Ctrl-C",
         [this] { return watch(options_); });
  }

  void add_changing() {
    auto* const set_verb = writing_verb("set", "Give everybody a variant; a rollout ends",
                                        [this] { return set(options_, writing_, choice_); });
    take_flag(set_verb, choice_.flag);
    set_verb->add_option("VARIANT", choice_.variant, "Its name")->required();
    auto* const keep_rule = set_verb->add_flag(
        "--keep-rule", choice_.keep_rule, "Change the default only; a rule still decides first");
    set_verb->add_flag("--add-variant", choice_.add_variant,
                       "The variant is new; its value is its name");
    add_force(set_verb, "Drop a rule that was written by hand")->excludes(keep_rule);

    auto* const rollout_verb =
        writing_verb("rollout", "Give a share of the targeting keys coro, the others fiber",
                     [this] { return rollout(options_, writing_, flag_, share()); });
    take_flag(rollout_verb, flag_);
    rollout_verb->add_option("PERCENT", percents_, "From 0 to 100, with up to three decimals")
        ->required()
        ->expected(1)
        ->check(is_percentage);
    add_force(rollout_verb, "Replace a rule that was written by hand");

    take_flag(writing_verb("enable", "Let the file decide",
                           [this] { return set_enabled(options_, writing_, flag_, true); }),
              flag_);
    take_flag(writing_verb("disable", "Let the code's default decide",
                           [this] { return set_enabled(options_, writing_, flag_, false); }),
              flag_);
    take_flag(writing_verb("complete", "End a move that is live: fiber is no variant any more",
                           [this] { return complete(options_, writing_, flag_); }),
              flag_);
  }

  void add_killing() {
    auto* const kill_verb =
        writing_verb("kill", "Make flags answer the code's default, whatever the file says",
                     [this] { return kill(options_, writing_, keys_); });
    kill_verb->add_option("KEY", keys_, "Which flags (default: all)");
    add_force(kill_verb, "Also a key that the file does not have");
    writing_verb("unkill", "Undo kill", [this] {
      return unkill(options_, writing_, keys_);
    })->add_option("KEY", keys_, "Which flags (default: all)");
  }

  void add_comparing() {
    verb("validate", "Say what is wrong with the file", [this] {
      return validate(options_);
    })->add_option("FILE", options_.file, "Instead of --file");
    verb("diff", "What differs; exit status 1 if something does",
         [this] { return diff(options_, sides_); })
        ->add_option("SIDE", sides_,
                     "A version or a file, twice (default: the version before, and the file)")
        ->expected(0, 2);
    verb("history", "The versions that are kept, and who made them",
         [this] { return history(options_); });

    auto* const rollback_verb =
        writing_verb("rollback", "Bring a version back, as one more version",
                     [this] { return rollback(options_, writing_, wanted_version()); });
    auto* const version = rollback_verb->add_option("VERSION", version_, "As history shows it");
    rollback_verb->add_flag("--last", last_, "The newest that is not as the file is now")
        ->excludes(version);

    auto* const simulate_verb =
        verb("simulate", "How a flag divides targeting keys, and who moves when a share grows",
             [this] { return simulate(options_, simulated()); });
    take_flag(simulate_verb, simulation_.flag);
    auto* const keys =
        simulate_verb->add_option("--keys", simulation_.keys,
                                  "A file with one targeting key a line; - reads them from stdin");
    auto* const count = simulate_verb->add_option("--count", simulation_.count,
                                                  "So many made-up keys (default: 10000)");
    count->check(CLI::Range(1, 10'000'000))->excludes(keys);
    simulate_verb->add_option("--percent", percents_, "Shares of coro to go through, in this order")
        ->check(is_percentage);
    simulate_verb->add_flag("--force", simulation_.force,
                            "Without a rule that was written by hand");
  }

  CLI::Option* add_force(CLI::App* verb, const std::string& description) {
    return verb->add_flag("--force", writing_.force, description);
  }

  static std::string is_percentage(const std::string& text) {
    try {
      flags::share::parse_percent(text);
      return "";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  }

  flags::share share() const { return flags::share::parse_percent(percents_.front()); }

  std::optional<std::size_t> wanted_version() const {
    if (version_ == 0 && !last_) {
      throw std::invalid_argument("rollback: expected a VERSION, as history shows them, or --last");
    }
    return last_ ? std::nullopt : std::optional(version_);
  }

  simulation simulated() const {
    simulation wanted = simulation_;
    if (wanted.keys.empty() && wanted.count == 0) wanted.count = 10'000;
    for (const std::string& percent : percents_) {
      wanted.shares.push_back(flags::share::parse_percent(percent));
    }
    return wanted;
  }

  common options_{.file = "flags.json"};
  writing writing_;
  asked asked_;
  choice choice_;
  simulation simulation_;
  std::string flag_;
  std::vector<std::string> percents_;
  std::vector<std::string> keys_;
  std::vector<std::string> sides_;
  std::size_t version_ = 0;
  bool last_ = false;

  CLI::App app_{"Crossfade's command-line tool."};
  CLI::App& flags_ = *app_.add_subcommand("flags", "Look at a flag file, and change it safely");
  std::function<status()> action_;
};

int run(int argc, char** argv) {
  try {
    return static_cast<int>(command_line().run(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(status::usage);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(status::refused);
  }
}

}  // namespace
}  // namespace crossfade::tool

int main(int argc, char** argv) { return crossfade::tool::run(argc, argv); }
