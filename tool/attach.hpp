#pragma once

#include "tool/common.hpp"

#include "benchmarks/ab/verdict.hpp"
#include "compat/clock.hpp"

#include <chrono>
#include <string>

namespace crossfade::tool {

/// How to look at a service that runs.
struct attachment {
  std::string url;        ///< "http://HOST:PORT"; "/metrics" is added unless it is there
  std::string subsystem;  ///< empty: all that both sides serve
  duration length = std::chrono::seconds(60);
  duration interval = std::chrono::seconds(1);
  ab::criterion by;
  std::string json;  ///< the file to write; empty: none
};

/// Compares the backends of a service by its own counters, while a percentage that is rolled out
/// divides its work: asks for them at each interval's end, and prints who does better. Ctrl-C ends
/// it sooner. Gives `refused` if coro is worse, `failed` if there was nothing to compare or the
/// service did not answer.
status attach(const attachment& how);

}  // namespace crossfade::tool
