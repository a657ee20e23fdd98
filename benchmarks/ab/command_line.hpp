#pragma once

#include "benchmarks/ab/workload.hpp"

namespace crossfade::ab {

/// What `crossfade ab` does, for a suite of one's own: `int main(int c, char** v)` of a program
/// that compares its workloads returns it. `--help` says what there is.
///
/// Gives the exit status: 0; 1 if a workload is worse (or, with --baseline, has become so); 2 for
/// arguments that cannot be; 3 if something failed.
int run_command_line(const suite& workloads, int argc, const char* const* argv);

}  // namespace crossfade::ab
