#include "benchmarks/ab/reports.hpp"
#include "specimen.hpp"

#include <filesystem>
#include <fstream>
#include <utility>

// Writes pages into the folder of its argument, for pages_test.py to look at.
int main(int, char** arguments) {
  using namespace crossfade::ab;
  session_result one_bucket = specimen();
  one_bucket.workloads.resize(1);
  workload_result& of = one_bucket.workloads.front();
  of.baseline_latency = of.candidate_latency = {};
  of.baseline_latency.record(std::chrono::microseconds(5), 100);
  session_result nothing = specimen();
  nothing.workloads.clear();
  session_result no_bounds = specimen();
  no_bounds.workloads = {made_up({.name = "few", .runs = 3})};

  const std::pair<const char*, session_result> pages[] = {
      {"specimen", specimen()}, {"hostile", hostile()},     {"without_runs", without_runs()},
      {"nothing", nothing},     {"one_bucket", one_bucket}, {"no_bounds", no_bounds}};
  for (const auto& [name, session] : pages) {
    std::ofstream file(std::filesystem::path(arguments[1]) / (std::string(name) + ".html"));
    write_html(file, session);
  }
}
