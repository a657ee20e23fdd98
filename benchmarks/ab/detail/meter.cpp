#include "benchmarks/ab/detail/meter.hpp"

#include "benchmarks/ab/detail/allocations.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <ctime>
#include <fstream>

namespace crossfade::ab::detail {
namespace {

constexpr duration tick_length = std::chrono::milliseconds(1);

}  // namespace

usage usage::now() {
  usage found;
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  found.cpu = std::chrono::seconds(cpu.tv_sec) + duration(cpu.tv_nsec);
  rusage counted{};
  getrusage(RUSAGE_SELF, &counted);
  found.context_switches = static_cast<std::uint64_t>(counted.ru_nvcsw + counted.ru_nivcsw);
  found.allocations = detail::allocations();
  return found;
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;  // the second number
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

loop_delay::loop_delay(loop& owner) : timer(&tick), owner_(owner) {
  owner_.core().timers.arm(*this, owner_.now() + tick_length);
}

loop_delay::~loop_delay() { owner_.core().timers.cancel(*this); }

void loop_delay::tick(timer& self) noexcept {
  auto& of = static_cast<loop_delay&>(self);
  const time_point now = of.owner_.now();
  time_point next = of.due;
  for (; next <= now; next += tick_length) of.delays_.record(now - next);
  of.owner_.core().timers.arm(of, next);
}

meter::meter(loop& owner)
    : owner_(owner), delay_(owner), began_(owner.now()), before_(usage::now()) {}

void meter::stop(run_record& into) const {
  const usage after = usage::now();
  into.took = owner_.now() - began_;
  into.cpu = after.cpu - before_.cpu;
  into.allocations = after.allocations - before_.allocations;
  into.context_switches = after.context_switches - before_.context_switches;
  into.resident_bytes = resident_bytes();
  into.loop_delay_p99 = delay_.delays().quantile(0.99);
  into.loop_delay_max = delay_.delays().max();
}

}  // namespace crossfade::ab::detail
