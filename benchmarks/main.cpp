#include "harness.hpp"
#include "memory.hpp"
#include "python.hpp"
#include "questions.hpp"
#include "report.hpp"

#include "benchmarks/ab/results.hpp"

#include <benchmark/benchmark.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

void add_environment() {
  const auto here = crossfade::ab::this_environment();
  benchmark::AddCustomContext("cpu", here.cpu);
  benchmark::AddCustomContext("cpus", std::to_string(here.cpus));
  benchmark::AddCustomContext("kernel", here.kernel);
  benchmark::AddCustomContext("compiler", here.compiler);
  benchmark::AddCustomContext("build", here.build);
  benchmark::AddCustomContext("boost", here.boost);
}

}  // namespace

// crossfade_bench [--python FOLDER] [OPTIONS OF GOOGLE BENCHMARK]; FOLDER has the scripts of
// Python's rows, which are left out without it.
int main(int argc, char** argv) {
  using namespace crossfade::benchmarks;

  if (argc == 3 && std::string_view{argv[1]} == "--park") return park(argv[2]);
  const bool with_python = argc > 2 && std::string_view{argv[1]} == "--python";

  // Defaults first, so that the command line wins. The repetitions of all rows are shuffled: what
  // else the machine does then befalls every row alike.
  char interleaved[] = "--benchmark_enable_random_interleaving=true";
  char repetitions[] = "--benchmark_repetitions=15";
  char aggregates[] = "--benchmark_report_aggregates_only=true";
  char min_time[] = "--benchmark_min_time=0.01";
  std::vector<char*> arguments{argv[0], interleaved, repetitions, aggregates, min_time};
  arguments.insert(arguments.end(), argv + (with_python ? 3 : 1), argv + argc);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  suite rows;
  add_primitive_rows(rows);
  add_yield_rows(rows);
  add_spawn_join_rows(rows);
  add_uncontended_lock_rows(rows);
  add_contended_lock_rows(rows);
  add_event_wake_rows(rows);
  add_queue_hop_rows(rows);
  add_bridge_rows(rows);
  add_timeout_rows(rows);
  add_choose_rows(rows);
  add_reload_rows(rows);
  add_socket_ping_pong_rows(rows);
#ifdef CROSSFADE_BENCH_HTTP
  add_http_hello_rows(rows);
#endif
  if (with_python) add_python_rows(rows, argv[2]);
  add_memory_rows();
  add_environment();

  report tables{rows};
  benchmark::RunSpecifiedBenchmarks(&tables);
  return tables.any_failed() ? 1 : 0;
}
