#include <cstdio>
#include <exception>
#include <string>

#include "tests/flags/cases/case_file.hpp"

int main(int argc, char** argv) {
  using namespace crossfade::flags;
  if (argc < 2) {
    std::fputs("usage: crossfade_flag_cases FILE...\n", stderr);
    return 2;
  }
  case_report report;
  for (int i = 1; i < argc; ++i) {
    try {
      run_case_file(argv[i], report);
    } catch (const std::exception& error) {
      report.failures.push_back(std::string(argv[i]) + ": " + error.what());
    }
  }
  for (const std::string& note : report.notes) std::printf("%s\n", note.c_str());
  for (const std::string& failure : report.failures) std::printf("%s\n", failure.c_str());
  std::printf("%zu passed, %zu failed\n", report.passed, report.failures.size());
  return report.failures.empty() ? 0 : 1;
}
