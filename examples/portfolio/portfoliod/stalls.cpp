#include "portfoliod/stalls.hpp"

#include "portfoliod/seconds.hpp"

#include <spdlog/spdlog.h>

namespace portfoliod {

namespace xf = crossfade;
using nlohmann::json;

namespace {

json to_json(const xf::stall& seen) {
  json stack = json::array();
  for (const xf::stack_frame& call : seen.stack) stack.push_back(call.text());
  return {{"who", seen.who},
          {"subsystem", seen.subsystem},
          {"backend", seen.backend},
          {"lasted_seconds", seconds(seen.lasted)},
          {"stack", std::move(stack)}};
}

}  // namespace

stalls::stalls(xf::loop& watched, xf::duration limit)
    : watch_(watched, {.limit = limit, .on_stall = [this](const xf::stall& seen) { note(seen); }}) {
}

void stalls::note(const xf::stall& seen) {
  spdlog::warn("stall: {}", seen.message());
  const std::lock_guard guard(mutex_);
  last_ = seen;
}

json stalls::shown() const {
  json counters = json::array();
  for (const xf::stall_counters& c : watch_.counters()) {
    counters.push_back({{"subsystem", c.subsystem},
                        {"backend", c.backend},
                        {"allowed", c.allowed},
                        {"count", c.count},
                        {"longest_seconds", seconds(c.longest)}});
  }
  const std::lock_guard guard(mutex_);
  return {{"counters", std::move(counters)}, {"last", last_ ? to_json(*last_) : json()}};
}

}  // namespace portfoliod
