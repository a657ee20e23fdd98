#pragma once

#include "compat/subsystem.hpp"
#include "compat/task.hpp"
#include "flags/guardrails/guardrail.hpp"
#include "flags/store.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace portfoliod {

/// One guardrail for each subsystem: puts its flag back to "fiber" if the calls on "coro" fail more
/// often, or take longer.
///
/// Threads: the loop's only. Lifetime: outlives the subsystems that it watches.
class guardrails {
 public:
  /// `flags`: the file to change; empty: nothing is watched.
  explicit guardrails(const std::filesystem::path& flags);

  /// For `subsystem_options::on_ended` of the subsystem of that name.
  std::function<void(const crossfade::ended_root&)> watching(std::string subsystem);
  /// Judges every second, until it is cancelled.
  crossfade::task<> run();
  /// What each makes of its subsystem now, by name.
  nlohmann::json verdicts() const;

 private:
  struct rail {
    explicit rail(std::string name) : subsystem(std::move(name)) {}
    std::string subsystem;
    crossfade::flags::guardrail judge;
  };
  void look_at(rail& one);

  std::optional<crossfade::flags::store> flags_;
  std::deque<rail> rails_;  // they do not move
};

}  // namespace portfoliod
