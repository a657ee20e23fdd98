#pragma once

#include "benchmarks/ab/workload.hpp"

namespace crossfade::workloads {

// Each adds the workloads of one topic to the suite.

void add_spawn(ab::suite& to);
void add_lock(ab::suite& to);
void add_queue(ab::suite& to);
void add_event(ab::suite& to);
void add_timers(ab::suite& to);
void add_bridge(ab::suite& to);
void add_sqlite(ab::suite& to);
void add_ticker(ab::suite& to);
void add_http(ab::suite& to);
void add_import(ab::suite& to);

}  // namespace crossfade::workloads
