#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace crossfade::flags {

/// What became of the cases of a file, or of several.
struct case_report {
  std::size_t passed = 0;
  std::vector<std::string> failures;  ///< what each was, what came of it, what was expected
  std::vector<std::string> notes;     ///< where we are stricter than a schema, and why
};

/// Runs all sections of a case file, as `data/README.md` describes them. Throws: `std::exception`,
/// if it is no case file.
void run_case_file(const std::filesystem::path& path, case_report& report);

}  // namespace crossfade::flags
