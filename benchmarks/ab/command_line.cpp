#include "benchmarks/ab/command_line.hpp"

#include "benchmarks/ab/arguments.hpp"
#include "benchmarks/ab/baseline.hpp"
#include "benchmarks/ab/detail/parsed_option.hpp"
#include "benchmarks/ab/report_file.hpp"
#include "benchmarks/ab/reports.hpp"
#include "benchmarks/ab/session.hpp"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace crossfade::ab {
namespace {

enum exit_status { done = 0, worse = 1, usage = 2, failed = 3 };

/// Said of the arguments, and what they name.
class bad_arguments : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The first SIGINT ends the session soon, a second one the process.
class interruption {
 public:
  interruption() {
    asked_for = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { asked_for = 1; };
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &before_);
  }
  ~interruption() { ::sigaction(SIGINT, &before_, nullptr); }
  interruption(const interruption&) = delete;

  static bool is_asked_for() noexcept { return asked_for != 0; }

 private:
  // A handler reaches nothing else.
  static inline volatile std::sig_atomic_t asked_for = 0;
  struct sigaction before_ {};
};

struct interrupted {};

/// How far it has come: one line that is written again and again for a person, else one for each
/// workload.
class progress_line {
 public:
  explicit progress_line(bool quiet) : quiet_(quiet) {}

  void show(const progress& now, std::size_t number, std::size_t workloads) {
    if (quiet_) return;
    std::ostringstream text;
    text << '[' << number << '/' << workloads << "] " << now.workload;
    if (is_terminal_) {
      text << (now.in == phase::calibration ? ": calibration, run " : ": comparison, run ")
           << now.run << " of " << now.runs;
      std::cerr << "\r\x1b[K" << text.str() << std::flush;
    } else if (number != shown_) {
      std::cerr << text.str() << std::endl;
    }
    shown_ = number;
  }
  void clear() const {
    if (is_terminal_ && shown_ > 0) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  const bool quiet_;
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::size_t shown_ = 0;
};

std::string read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw bad_arguments(name + ": cannot be read");
  return text;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

void list(const suite& workloads) {
  std::size_t width = 0;
  for (const registered_workload& one : workloads.all()) width = std::max(width, one.name.size());
  for (const registered_workload& one : workloads.all()) {
    std::cout << one.name << std::string(width - one.name.size() + 2, ' ') << one.description
              << '\n';
  }
}

/// A session, from the arguments to the reports.
class command {
 public:
  explicit command(const suite& workloads) : workloads_(workloads) {
    app_.add_flag("--list", list_, "Name the workloads, and run none");
    app_.add_option("--workload", names_,
                    "Which to run: a name, or what is in front of its slash (default: all)");
    add_load();
    add_how();
    add_files();
    app_.add_flag("--quiet", quiet_, "Say nothing of how far it is");
    app_.footer(
        "Exit status: 0; 1 if a workload is worse on the candidate, or has become so since the "
        "baseline;\n2 for arguments that cannot be; 3 if something failed.");
  }

  int run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
      if (list_) {
        list(workloads_);
        return done;
      }
      prepare();
    } catch (const CLI::ParseError& said) {
      return app_.exit(said) == 0 ? done : usage;
    } catch (const bad_arguments& error) {
      std::cerr << error.what() << '\n';
      return usage;
    } catch (const std::invalid_argument& error) {  // of a pattern, or a file's content
      std::cerr << error.what() << '\n';
      return usage;
    } catch (const std::system_error& error) {  // of a file
      std::cerr << error.what() << '\n';
      return usage;
    }
    return compare_and_report();
  }

 private:
  void add_load() {
    auto* const rate =
        app_.add_option("--rate", rate_,
                        "Open load: so many operations a second, however long they take (default: "
                        "each workload's usual load)");
    rate->check(CLI::PositiveNumber);
    app_.add_option("--closed", workers_,
                    "Closed load: so many workers, each of which waits for its operation's end")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
        ->excludes(rate);
  }

  void add_how() {
    detail::add_parsed(app_, "--duration", "For each workload (default: 10s)",
                       [this](const std::string& text) { plan_.each = parse_duration(text); });
    detail::add_parsed(app_, "--run", "The measured part of a run (default: 50ms)",
                       [this](const std::string& text) { plan_.run = parse_duration(text); });
    detail::add_parsed(
        app_, "--effect", "The smallest difference that matters (default: 5%)",
        [this](const std::string& text) { plan_.by.effect = parse_percentage(text); });
    detail::add_parsed(
        app_, "--confidence", "Of the bounds (default: 95%)",
        [this](const std::string& text) { plan_.by.confidence = parse_percentage(text); });
    detail::add_parsed(
        app_, "--figure",
        "What decides: time, latency-p50, latency-p99, cpu, ... (default: time for a closed "
        "load, latency-p50 for an open one)",
        [this](const std::string& text) { plan_.decided_by = parse_figure(text); });
    app_.add_option("--seed", plan_.seed, "Of the order of runs, and an open load's times")
        ->capture_default_str();
  }

  void add_files() {
    auto* const baseline = app_.add_option(
        "--baseline", baseline_, "Also compare each side with itself in this earlier --json FILE");
    app_.add_flag("--other-machine", other_machine_,
                  "Though the baseline is another machine's, or build's")
        ->needs(baseline);
    app_.add_option("--json", json_, "Write everything there, raw samples too");
    app_.add_option("--html", html_, "Write a page for people there");
  }

  /// Whatever can be found wrong before the session takes its time.
  void prepare() {
    if (rate_ > 0 || workers_ > 0) plan_.under = load{std::max<std::size_t>(workers_, 1), rate_};
    if (!(plan_.by.effect < 1)) throw bad_arguments("--effect: expected less than 100%");
    if (!(plan_.by.confidence < 1)) throw bad_arguments("--confidence: expected less than 100%");
    if (!json_.empty() && json_ == html_) {
      throw bad_arguments("--json and --html name the same file; expected two");
    }
    chosen_ = workloads_.matching(names_);
    if (chosen_.empty()) throw bad_arguments("there are no workloads; expected at least one");
    for (const registered_workload* one : chosen_) {
      if (plan_.decided_by != figure::time || !plan_.under.value_or(one->usual).is_open()) continue;
      throw bad_arguments("--figure: is \"time\", which is the load's own where " + one->name +
                          " has an open one; expected a latency, or --closed");
    }
    const session checks_the_plan(plan_);
    if (!baseline_.empty()) read_baseline();
    if (!json_.empty()) json_file_.emplace(json_);
    if (!html_.empty()) html_file_.emplace(html_);
  }

  void read_baseline() {
    then_ = read_json(read_file(baseline_), baseline_);
    const std::string differ = joined(differences(then_->where, this_environment()));
    if (differ.empty()) return;
    if (!other_machine_) {
      throw bad_arguments(baseline_ + ": is of another environment: " + differ +
                          "; --other-machine compares all the same");
    }
    warnings_.push_back("compared with " + baseline_ + " of another environment: " + differ +
                        "; what has changed may be the machine");
  }

  int compare_and_report() {
    try {
      session_result found = run_session();
      std::vector<since_baseline> since;
      if (then_) since = compare(*then_, found);
      found.notes.insert(found.notes.end(), warnings_.begin(), warnings_.end());
      // The table has one of its own for these.
      session_result with_since = found;
      for (const since_baseline& one : since) with_since.notes.push_back(one.text());
      if (json_file_) write_to(*json_file_, write_json, with_since);
      if (html_file_) write_to(*html_file_, write_html, with_since);
      write_table(std::cout, found);
      if (then_) write_table(std::cout << '\n', *then_, since);
      return is_worse(found, since) ? worse : done;
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
      return failed;
    }
  }

  /// One workload after the other, so that those that are done count if it is interrupted.
  session_result run_session() {
    const interruption ends;
    progress_line line(quiet_);
    std::optional<session_result> all;
    std::size_t number = 0;
    try {
      for (const registered_workload* one : chosen_) {
        plan how = plan_;
        how.seed += number++;
        session its(how, [&](const progress& now) {
          if (interruption::is_asked_for()) throw interrupted();
          line.show(now, number, chosen_.size());
        });
        session_result found = its.run({one});
        if (!all) {
          all = std::move(found);
        } else {
          std::ranges::move(found.workloads, std::back_inserter(all->workloads));
        }
      }
    } catch (const interrupted&) {
      line.clear();
      if (!all) throw std::runtime_error("interrupted before the first workload was done");
      all->notes.push_back("interrupted: " + std::to_string(all->workloads.size()) + " of " +
                           std::to_string(chosen_.size()) + " workloads were done");
    } catch (...) {
      line.clear();
      throw;
    }
    line.clear();
    return std::move(*all);
  }

  static void write_to(const report_file& file, void (*write)(std::ostream&, const session_result&),
                       const session_result& found) {
    std::ostringstream text;
    write(text, found);
    file.write(text.view());
  }

  static bool is_worse(const session_result& found, const std::vector<since_baseline>& since) {
    const auto lost = [](const workload_result& one) {
      return one.decided.found.kind == outcome::worse;
    };
    return std::ranges::any_of(found.workloads, lost) ||
           std::ranges::any_of(since, &since_baseline::is_worse);
  }

  const suite& workloads_;
  plan plan_;
  std::vector<std::string> names_;
  double rate_ = 0;          // 0: not said
  std::size_t workers_ = 0;  // 0: not said
  std::string baseline_;
  std::string json_;
  std::string html_;
  bool list_ = false;
  bool quiet_ = false;
  bool other_machine_ = false;

  std::vector<const registered_workload*> chosen_;
  std::optional<session_result> then_;
  std::vector<std::string> warnings_;
  std::optional<report_file> json_file_;
  std::optional<report_file> html_file_;

  CLI::App app_{"Runs workloads on both backends, and says which does better."};
};

}  // namespace

int run_command_line(const suite& workloads, int argc, const char* const* argv) {
  return command(workloads).run(argc, argv);
}

}  // namespace crossfade::ab
