#include "tool/ab.hpp"

#include "tool/attach.hpp"

#include "benchmarks/ab/arguments.hpp"
#include "benchmarks/ab/command_line.hpp"
#include "benchmarks/ab/detail/parsed_option.hpp"
#include "benchmarks/workloads/shipped.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <system_error>

namespace crossfade::tool {
namespace {

constexpr const char* program_name = "crossfade ab";

bool names(const std::string& argument, const std::string& option) {
  return argument == option || argument.starts_with(option + '=');
}

bool has(const std::vector<std::string>& arguments, const std::string& option) {
  return std::ranges::any_of(arguments,
                             [&](const std::string& each) { return names(each, option); });
}

std::vector<const char*> as_main_has_them(const std::vector<std::string>& arguments) {
  std::vector<const char*> all{program_name};
  for (const std::string& each : arguments) all.push_back(each.c_str());
  return all;
}

/// What `--attach` takes.
class attach_line {
 public:
  attach_line() {
    app_.add_option("--attach", how_.url, "The service, as http://HOST:PORT")->required();
    app_.add_option("--subsystem", how_.subsystem, "Which (default: all)");
    ab::detail::add_parsed(
        app_, "--duration", "How long to look (default: 60s)",
        [this](const std::string& text) { how_.length = ab::parse_duration(text); });
    ab::detail::add_parsed(
        app_, "--interval", "How often (default: 1s); each gives one value",
        [this](const std::string& text) { how_.interval = ab::parse_duration(text); });
    ab::detail::add_parsed(
        app_, "--effect", "The smallest difference that matters (default: 5%)",
        [this](const std::string& text) { how_.by.effect = ab::parse_percentage(text); });
    ab::detail::add_parsed(
        app_, "--confidence", "Of the bounds (default: 95%)",
        [this](const std::string& text) { how_.by.confidence = ab::parse_percentage(text); });
    app_.add_option("--json", how_.json, "Write what was found there");
  }

  status run(const std::vector<std::string>& arguments) {
    const auto words = as_main_has_them(arguments);
    try {
      app_.parse(static_cast<int>(words.size()), words.data());
      if (how_.interval > how_.length) {
        throw std::invalid_argument("--interval: expected no more than the --duration");
      }
      if (!(how_.by.effect < 1) || !(how_.by.confidence < 1)) {
        throw std::invalid_argument("--effect, --confidence: expected less than 100%");
      }
      return attach(how_);
    } catch (const CLI::ParseError& said) {
      return app_.exit(said) == 0 ? status::ok : status::usage;
    } catch (const std::invalid_argument& error) {
      std::cerr << error.what() << '\n';
      return status::usage;
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
      return status::failed;
    }
  }

 private:
  attachment how_;
  CLI::App app_{
      "Compares the backends of a service that runs, by its own counters, while a "
      "percentage that is rolled out divides its work."};
};

}  // namespace

status ab(const std::vector<std::string>& arguments) {
  if (has(arguments, "--attach")) return attach_line().run(arguments);
  const ab::suite shipped = workloads::shipped();
  const auto words = as_main_has_them(arguments);
  const int code = ab::run_command_line(shipped, static_cast<int>(words.size()), words.data());
  if (has(arguments, "--help") || has(arguments, "-h")) {
    std::cout << "\nThe backends of a service that runs: crossfade ab --attach URL --help\n";
  }
  return static_cast<status>(code);
}

}  // namespace crossfade::tool
