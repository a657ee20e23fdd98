#include "benchmarks/workloads/shipped.hpp"

#include "benchmarks/workloads/topics.hpp"

namespace crossfade::workloads {

ab::suite shipped() {
  ab::suite all;
  add_spawn(all);
  add_lock(all);
  add_queue(all);
  add_event(all);
  add_timers(all);
  add_bridge(all);
#ifdef CROSSFADE_WORKLOADS_SQLITE
  add_sqlite(all);
  add_ticker(all);
#endif
#ifdef CROSSFADE_WORKLOADS_PORTFOLIO
  add_http(all);
  add_import(all);
#endif
  return all;
}

}  // namespace crossfade::workloads
