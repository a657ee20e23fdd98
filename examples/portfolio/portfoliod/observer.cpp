#include "portfoliod/observer.hpp"

#include "compat/wait_graph.hpp"

#include <chrono>
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

json to_json(const xf::wait_graph& graph, const xf::task_info& task) {
  const std::chrono::duration<double> waited = task.waited;
  return {
      {"id", task.id},
      {"parent", task.parent_id},
      {"name", task.name},
      {"subsystem", task.subsystem},
      {"backend", task.backend},
      {"in_portal", task.in_portal},
      {"waiting_for", graph.wait_of(task)},
      {"held_by", task.held_by},
      {"waited_seconds", waited.count()},
      {"waits", task.waits},
      {"spawned_at", std::string(task.site.file_name()) + ':' + std::to_string(task.site.line())}};
}

}  // namespace

json observer::concurrency() const {
  json systems = json::array();
  for (const watched& each : subsystems_) systems.push_back(to_json(each.system));
  const xf::wait_graph graph = loop_.wait_graph();
  json tasks = json::array();
  for (const xf::task_info& task : graph.tasks()) tasks.push_back(to_json(graph, task));
  return {{"subsystems", std::move(systems)},
          {"tasks", std::move(tasks)},
          {"cycles", graph.cycles()},
          {"stalls", stalls_.shown()},
          {"stacks", fibers_.stacks()}};
}

json observer::flags(std::string_view account) const {
  const auto in_force =
      flags_ != nullptr ? flags_->current() : std::make_shared<const xf::flags::snapshot>();
  const auto status = flags_ != nullptr ? flags_->status() : xf::flags::file_status{};

  json flags = json::array();
  for (const watched& each : subsystems_) {
    const xf::subsystem& system = each.system;
    const std::string_view whom = each.by_account ? account : std::string_view();
    const auto found = in_force->string(system.name(), {}, whom);
    const xf::flags::flag* flag = in_force->find(system.name());
    const bool by_file = flag == nullptr || flag->decided_by == xf::flags::authority::file;
    flags.push_back({{"subsystem", system.name()},
                     {"backend", system.chosen(whom).name()},
                     {"source", !by_file        ? to_string(flag->decided_by)
                                : found.variant ? std::string_view("flag file")
                                                : std::string_view("default")},
                     {"variant", found.variant ? json(*found.variant) : json()},
                     {"reason", xf::flags::to_string(found.reason)}});
  }
  json ignored = json::array();
  if (status.kill_error) ignored.push_back(status.kill_error->what());
  for (const xf::flags::flag_error& error : status.override_errors) ignored.push_back(error.what());
  return {{"file", flags_ != nullptr ? json(status.path.string()) : json()},
          {"generation", status.generation},
          {"error", status.error ? json(status.error->what()) : json()},
          {"refusals", status.refusals},
          {"killed", status.killed.all ? json("all") : json(status.killed.keys)},
          {"ignored", std::move(ignored)},
          {"guardrails", guardrails_.verdicts()},
          {"flags", std::move(flags)}};
}

}  // namespace portfoliod
