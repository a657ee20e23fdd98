#pragma once

#include "benchmarks/ab/workload.hpp"

namespace crossfade::workloads {

/// The workloads that come with the library, each in a small and a large size: spawning, locks,
/// queues, events, timers and calls between the backends; databases, HTTP and the import of the
/// reference service where these are built.
///
/// An operation checks what it has done and throws `std::runtime_error` if that is wrong, so that
/// nothing broken is measured. Files lie in a folder of each run's own below the system's temporary
/// one, which goes at `tear_down`, and with the workload.
ab::suite shipped();

}  // namespace crossfade::workloads
