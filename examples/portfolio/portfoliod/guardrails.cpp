#include "portfoliod/guardrails.hpp"

#include "flags/guardrails/retreat.hpp"

#include "compat/sleep.hpp"
#include "compat/to_thread.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

namespace portfoliod {

namespace flags = crossfade::flags;
namespace xf = crossfade;
using namespace std::chrono_literals;
using verdict = flags::guardrail_verdict;

guardrails::guardrails(const std::filesystem::path& flags) {
  if (!flags.empty()) flags_.emplace(flags);
}

std::function<void(const xf::ended_root&)> guardrails::watching(std::string subsystem) {
  if (!flags_) return {};
  flags::guardrail& judge = rails_.emplace_back(std::move(subsystem)).judge;
  return [&judge](const xf::ended_root& root) {
    if (!root.cancelled) judge.record(root.backend, root.took, root.failed);
  };
}

// The statistics take a while, and so does the disk.
xf::task<> guardrails::run() {
  for (;;) {
    co_await xf::sleep(1s);
    for (rail& one : rails_) {
      auto look = [this, &one] { look_at(one); };
      co_await xf::to_thread(look);
    }
  }
}

void guardrails::look_at(rail& one) {
  const verdict now = one.judge.judge();
  if (now.kind != verdict::what::breach) return;
  one.judge.reset();
  const std::string evidence = now.text();
  spdlog::error("guardrail of '{}': {}", one.subsystem, evidence);
  try {
    const auto report =
        flags::retreat(*flags_, one.subsystem, one.judge.options().baseline, evidence);
    spdlog::error("guardrail of '{}': {}", one.subsystem, report.text);
  } catch (const std::exception& stopped) {
    spdlog::error("guardrail of '{}': the flag could not be put back: {}", one.subsystem,
                  stopped.what());
  }
}

nlohmann::json guardrails::verdicts() const {
  nlohmann::json all = nlohmann::json::object();
  for (const rail& one : rails_) {
    const verdict now = one.judge.judge();
    all[one.subsystem] = {{"verdict", to_string(now.kind)}, {"evidence", now.text()}};
  }
  return all;
}

}  // namespace portfoliod
