#pragma once

#include "compat/switched.hpp"

#include <spdlog/spdlog.h>

namespace portfoliod {

/// For `switch_options::on_event`.
inline void log_switch(const crossfade::switch_event& event) {
  using what = crossfade::switch_event::what;
  auto level = spdlog::level::info;
  if (event.kind == what::overdue) level = spdlog::level::warn;
  if (event.error != nullptr) level = spdlog::level::err;
  spdlog::log(level, "{}", event.message());
}

}  // namespace portfoliod
