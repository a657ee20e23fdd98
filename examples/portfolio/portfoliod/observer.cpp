#include "portfoliod/observer.hpp"

#include <string>
#include <string_view>

namespace portfoliod {

namespace xf = crossfade;
using nlohmann::json;

namespace {

json to_json(const xf::subsystem& system) {
  json backends = json::array();
  for (const xf::backend_counters& c : system.counters()) {
    backends.push_back({{"backend", c.backend},
                        {"live", c.live},
                        {"spawned", c.spawned},
                        {"failed", c.failed},
                        {"cancelled", c.cancelled},
                        {"waits", c.waits}});
  }
  return {{"name", system.name()},
          {"backend", system.chosen().name()},
          {"backends", std::move(backends)}};
}

json to_json(const xf::task_info& task) {
  return {{"id", task.id},           {"parent", task.parent_id},
          {"name", task.name},       {"subsystem", task.subsystem},
          {"backend", task.backend}, {"waiting_for", task.waiting_for},
          {"waits", task.waits}};
}

}  // namespace

json observer::concurrency() const {
  json systems = json::array();
  for (const xf::subsystem& system : subsystems_) systems.push_back(to_json(system));
  json tasks = json::array();
  for (const xf::task_info& task : loop_.tasks()) tasks.push_back(to_json(task));
  return {{"subsystems", std::move(systems)},
          {"tasks", std::move(tasks)},
          {"stacks", fibers_.stacks()}};
}

json observer::flags() const {
  const auto in_force =
      flags_ != nullptr ? flags_->current() : std::make_shared<const xf::flags::snapshot>();
  const auto status = flags_ != nullptr ? flags_->status() : xf::flags::file_status{};

  json flags = json::array();
  for (const xf::subsystem& system : subsystems_) {
    const auto found = in_force->string(system.name(), {});
    flags.push_back({{"subsystem", system.name()},
                     {"backend", system.chosen().name()},
                     {"source", found.variant ? "flag file" : "default"},
                     {"variant", found.variant ? json(*found.variant) : json()},
                     {"reason", xf::flags::to_string(found.reason)}});
  }
  return {{"file", flags_ != nullptr ? json(status.path.string()) : json()},
          {"generation", status.generation},
          {"error", status.error ? json(status.error->what()) : json()},
          {"flags", std::move(flags)}};
}

}  // namespace portfoliod
