#pragma once

#include "portfoliod/database.hpp"
#include "portfoliod/guardrails.hpp"
#include "portfoliod/http_api.hpp"
#include "portfoliod/http_client.hpp"
#include "portfoliod/observer.hpp"
#include "portfoliod/options.hpp"
#include "portfoliod/periodic.hpp"
#include "portfoliod/root_times.hpp"
#include "portfoliod/stalls.hpp"
#include "portfoliod/tasks.hpp"

#include "compat/event.hpp"
#include "compat/http/server.hpp"
#include "compat/loop.hpp"
#include "compat/runtime.hpp"
#include "compat/subsystem.hpp"
#include "compat/switched.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"
#include "flags/file.hpp"

#include <memory>
#include <string>
#include <vector>

namespace portfoliod {

/// All the parts, each after those that it needs: the loop and its two backends, the flag file that
/// chooses between them, the subsystems, and what runs in them.
class service {
 public:
  /// Listens already. Throws: `crossfade::flags::flag_error`; `boost::system::system_error`.
  explicit service(const options& chosen);
  /// Until SIGINT or SIGTERM.
  void run();

 private:
  crossfade::task<> main();
  crossfade::task<> import_file();
  crossfade::task<> serve_until_signalled();
  crossfade::task<> follow_flags();
  crossfade::subsystem_options watched(const char* subsystem);
  /// On which its next root tasks may start; none: the default.
  std::vector<std::string> backends_named_for(const crossfade::subsystem& system) const;
  void greet() const;

  const options chosen_;
  crossfade::event flags_changed_;
  crossfade::loop loop_;
  crossfade::fiber_backend::backend fiber_{loop_};
  crossfade::coro_backend::backend coro_{loop_};
  const std::unique_ptr<const crossfade::flags::file> flags_;  // null: none
  crossfade::runtime runtime_;
  guardrails guardrails_;
  root_times root_times_;

  crossfade::subsystem database_system_{runtime_, "database", watched("database")};
  crossfade::subsystem tasks_system_{runtime_, "tasks", watched("tasks")};
  crossfade::subsystem http_api_system_{runtime_, "http_api", watched("http_api")};
  crossfade::subsystem periodic_system_{runtime_, "periodic", watched("periodic")};
  crossfade::subsystem http_client_system_{runtime_, "http_client", watched("http_client")};
  const stalls stalls_{loop_};

  const std::unique_ptr<crossfade::http::server> exchange_;  // null: none of our own
  database database_;
  http_client http_client_;
  tasks tasks_{tasks_system_};
  periodic periodic_;
  crossfade::switched<crossfade::http::connections> connections_;
  const observer observer_{loop_,
                           fiber_,
                           flags_.get(),
                           stalls_,
                           guardrails_,
                           root_times_,
                           {{.system = database_system_,
                             .by_account = true,
                             .sides = [this] { return database_.sides(); },
                             .repeats = &database_.repeats()},
                            {.system = tasks_system_, .by_account = true},
                            {.system = http_api_system_,
                             .by_account = true,
                             .sides = [this] { return connections_.status(); }},
                            {.system = periodic_system_},
                            {.system = http_client_system_}}};
  http_api http_api_{http_api_system_, database_, http_client_, tasks_, observer_};
  const std::unique_ptr<crossfade::http::server> server_;
};

}  // namespace portfoliod
