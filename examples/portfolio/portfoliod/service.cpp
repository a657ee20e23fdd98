#include "portfoliod/service.hpp"

#include "portfoliod/import.hpp"
#include "portfoliod/switch_log.hpp"

#include "simexch/market.hpp"
#include "simexch/routes.hpp"

#include "compat/signals.hpp"
#include "compat/task_group.hpp"
#include "compat/timeout.hpp"

#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <boost/system/system_error.hpp>

#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace portfoliod {

namespace chrono = std::chrono;
namespace http = crossfade::http;
namespace xf = crossfade;
using namespace std::chrono_literals;
using xf::task;

namespace {

constexpr std::uint16_t usual_port = 8080;
// Of the five seconds that stopping may take.
constexpr xf::duration answering_time = 2s;
constexpr xf::duration closing_time = 2s;
/// For how long a client whose connection is to end may ask nothing.
constexpr xf::duration silence_time = 5s;

void log_report(const xf::task_report& report) { spdlog::error("loop: {}", report.message()); }

void log_flags(const xf::flags::file_event& event) {
  if (event.error) spdlog::error("flags: {}", event.error->what());
  if (!event.error || !event.changed.empty()) {
    spdlog::info("flags: generation {} is in force; changed: {}", event.generation,
                 fmt::join(event.changed, ", "));
  }
}

std::unique_ptr<xf::flags::file> watch_flags(const options& chosen, xf::loop& loop,
                                             xf::event& changed) {
  if (chosen.flags.empty()) return nullptr;
  xf::flags::file_options how;
  how.overrides = xf::flags::overrides::from_environment();
  how.accept = xf::flags::string_values_must_be({"fiber", "coro", std::string(xf::shadow_choice)});
  how.on_event = [&loop, &changed](const xf::flags::file_event& event) {
    log_flags(event);
    loop.post([&changed] { changed.set(); });
  };
  return std::make_unique<xf::flags::file>(chosen.flags, std::move(how));
}

std::unique_ptr<http::server> simulated_exchange(const options& chosen, xf::loop& loop) {
  if (!chosen.demo) return nullptr;
  auto now = [] { return chrono::floor<chrono::seconds>(chrono::system_clock::now()); };
  return std::make_unique<http::server>(loop, simexch::routes(simexch::market(1), now));
}

task<std::unique_ptr<http::connections>> no_connections_yet(xf::backend&) {
  co_return std::make_unique<http::connections>();
}

std::string address_of(const http::server& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

std::unique_ptr<http::server> listen(const options& chosen, xf::loop& loop, http_api& api,
                                     xf::switched<http::connections>& sides) {
  const auto on = [&](std::uint16_t port) {
    http::server_options how{.port = port};
    how.sides = &sides;
    return std::make_unique<http::server>(loop, api.handler(), std::move(how));
  };
  if (chosen.port) return on(*chosen.port);
  try {
    return on(usual_port);
  } catch (const boost::system::system_error& taken) {
    if (!chosen.demo) throw;
    spdlog::warn("{}; taking a free port", taken.what());
    return on(0);
  }
}

}  // namespace

service::service(const options& chosen)
    : chosen_(chosen),
      loop_({.on_error = log_report}),
      flags_(watch_flags(chosen_, loop_, flags_changed_)),
      runtime_(loop_, {fiber_, coro_}, flags_ ? xf::chooser(flags_->chooser()) : xf::chooser()),
      guardrails_(chosen_.guardrails ? chosen_.flags : std::filesystem::path()),
      exchange_(simulated_exchange(chosen_, loop_)),
      database_(database_system_, chosen_.database.string(),
                [this] { return backends_named_for(database_system_); }),
      http_client_(loop_, http_client_system_,
                   exchange_ ? address_of(*exchange_) : chosen_.simexch),
      periodic_(periodic_system_, database_, http_client_, chosen_.periodic_interval),
      connections_(http_api_system_,
                   {.prepare = no_connections_yet,
                    .drain = [](http::connections& side) { return side.end_soon(silence_time); }},
                   [this] { return backends_named_for(http_api_system_); },
                   {.on_event = log_switch}),
      server_(listen(chosen_, loop_, http_api_, connections_)) {}

xf::subsystem_options service::watched(const char* subsystem) {
  return {.on_ended = [timed = root_times_.watching(subsystem, runtime_.backends()),
                       judged = guardrails_.watching(subsystem)](const xf::ended_root& root) {
    timed(root);
    if (judged) judged(root);
  }};
}

std::vector<std::string> service::backends_named_for(const xf::subsystem& system) const {
  if (!flags_) return {};
  return xf::flags::possible_strings(*flags_->current(), system.name());
}

void service::run() {
  loop_.run(coro_, [this] { return main(); });
}

task<> service::main() {
  co_await database_.open();
  if (!chosen_.import.empty()) co_await import_file();
  co_await connections_.open();
  if (!chosen_.once) co_await serve_until_signalled();
  auto close = [this]() -> task<> { co_await database_.close(); };
  co_await xf::with_timeout(closing_time, close);
}

task<> service::import_file() {
  std::ifstream file(chosen_.import, std::ios::binary);
  const std::string csv{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw std::runtime_error(chosen_.import.string() + ": cannot be read");
  const import_report report = co_await import_csv(database_, csv);
  for (const auto& [line, reason] : report.rejected) {
    std::cout << chosen_.import.string() << ':' << line << ": " << reason << '\n';
  }
  std::cout << chosen_.import.string() << ": " << report.counts.imported << " imported, "
            << report.counts.already_present << " there already, " << report.rejected.size()
            << " rejected" << std::endl;
}

task<> service::serve_until_signalled() {
  auto all = [this](xf::task_group& group) -> task<> {
    if (exchange_) group.spawn({.name = "simexch"}, [this] { return exchange_->serve(); });
    group.spawn({.name = "follow flags"}, [this] { return follow_flags(); });
    group.spawn({.name = "guardrails"}, [this] { return guardrails_.run(); });
    if (!http_client_.exchange().empty()) {
      group.spawn({.name = "periodic"}, [this] { return periodic_.run(); });
    }
    group.spawn({.name = "serve"}, [this] { return server_->serve(); });
    {
      xf::signal_set signals(loop_, {SIGINT, SIGTERM});
      greet();
      const int number = co_await signals.wait();
      spdlog::info("stopping, on signal {}", number);
    }
    const std::size_t cut = co_await server_->stop(answering_time);
    if (cut > 0) spdlog::warn("http_api: {} requests were not answered in time", cut);
    co_await connections_.close();
    co_await tasks_.stop();
    group.cancel("the service stops");
  };
  co_await xf::with_task_group(all);
}

// The subsystems without state need no telling: they ask at each root task.
task<> service::follow_flags() {
  for (;;) {
    co_await flags_changed_.wait();
    flags_changed_.clear();
    auto all = [this](xf::task_group& group) {
      group.spawn([this] { return database_.follow_flag(); });
      group.spawn([this] { return connections_.follow(); });
    };
    co_await xf::with_task_group(all);
  }
}

void service::greet() const {
  const std::string address = address_of(*server_);
  std::cout << "\nportfoliod serves " << address << " (Ctrl-C stops it)\n\n"
            << "  import trades    curl --data-binary @" PORTFOLIO_FOLDER "/data/trades.csv "
            << address << "/api/1/import/csv\n"
            << "  read balances    curl " << address << "/api/1/balances\n"
            << "  see backends     curl " << address << "/api/1/concurrency, or look at " << address
            << '\n';
  if (flags_) {
    std::cout << "  change backends  edit " << flags_->status().path.string()
              << ": \"fiber\" or \"coro\"\n";
  }
  std::cout << std::endl;
}

}  // namespace portfoliod
