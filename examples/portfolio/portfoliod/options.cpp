#include "portfoliod/options.hpp"

#include <CLI/CLI.hpp>

#include <boost/url/parse.hpp>

#include <charconv>
#include <cstdlib>
#include <string>
#include <system_error>

namespace portfoliod {

namespace {

/// Those of CLI11 name the limits of the C++ type.
std::string check_interval(const std::string& text) {
  constexpr double day = 24 * 60 * 60;
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  const bool fits = read.ec == std::errc() && read.ptr == end && seconds > 0 && seconds <= day;
  return fits ? "" : text + " is no interval; expected seconds, more than 0 and at most 86400";
}

std::string check_address(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  const bool fits = url && url->scheme() == "http" && !url->encoded_host().empty();
  return fits ? "" : text + " is no address; expected one as in http://127.0.0.1:4401";
}

}  // namespace

options parse_options(int argc, char** argv) {
  options chosen;
  double interval = 0;
  CLI::App app{"Keeps trades, and tells what is held and what it is worth."};
  app.add_option("--port", chosen.port, "Where to listen; 0: any that is free (default: 8080)");
  app.add_option("--database", chosen.database,
                 "The file to keep everything in (default: portfolio.db; for --demo, one that is "
                 "removed at the end)");
  app.add_option("--flags", chosen.flags,
                 "Which backend each subsystem runs on, watched for changes (default: none, so all "
                 "on fibers; for --demo, the example's flags.json)");
  auto* simexch = app.add_option("--simexch", chosen.simexch,
                                 "Whom to ask for prices, as in http://127.0.0.1:4401")
                      ->check(check_address);
  app.add_option("--periodic-interval", interval,
                 "Seconds between two looks at the prices (default: 60; for --demo, 2)")
      ->check(check_interval);
  auto* import = app.add_option("--import", chosen.import, "A CSV file of trades to begin with")
                     ->check(CLI::ExistingFile);
  app.add_flag("!--no-guardrails", chosen.guardrails,
               "Do not put a flag back if what it moves fails more often, or takes longer");
  app.add_flag("--once", chosen.once, "End after --import instead of serving")->needs(import);
  app.add_flag("--demo", chosen.demo,
               "Bring a simulated exchange along, and take a free port if 8080 is not")
      ->excludes(simexch);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& said) {
    std::exit(app.exit(said));
  }

  if (chosen.demo && chosen.flags.empty()) chosen.flags = PORTFOLIO_FOLDER "/flags.json";
  if (chosen.database.empty() && !chosen.demo) chosen.database = "portfolio.db";
  if (interval == 0) interval = chosen.demo ? 2 : 60;
  chosen.periodic_interval =
      std::chrono::duration_cast<crossfade::duration>(std::chrono::duration<double>(interval));
  return chosen;
}

}  // namespace portfoliod
