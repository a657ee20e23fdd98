#include "benchmarks/ab/reports.hpp"

#include "benchmarks/ab/detail/wording.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>

namespace crossfade::ab {
namespace {

constexpr std::size_t columns = 8;
using table_row = std::array<std::string, columns>;

// Numbers end where those above them do.
constexpr std::array<bool, columns> to_the_right{false, false, false, false,
                                                 true,  true,  false, false};

/// In code points of UTF-8.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

void print_rows(std::ostream& to, const std::vector<table_row>& rows) {
  std::array<std::size_t, columns> widths{};
  for (const table_row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const table_row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::string blanks(widths[i] - width(row[i]), ' ');
      line += to_the_right[i] ? blanks + row[i] : row[i] + blanks;
      line += "  ";
    }
    to << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

std::string next_step(const verdict& found) {
  if (found.runs == 0) return "no runs to compare";
  if (found.kind != outcome::inconclusive) return {};
  if (found.more_runs == 0) return "see the note";
  return std::to_string(found.more_runs) + (found.more_runs == 1 ? " more run" : " more runs");
}

table_row row_of(const workload_result& of) {
  const comparison& by = of.decided;
  const auto value = [&](double median) {
    return by.found.runs == 0 ? "-" : detail::quantity(median, by.by);
  };
  return {std::string(to_string(by.found.kind)),
          of.name,
          detail::to_text(of.under),
          detail::measured(by.by, of.thing),
          value(by.baseline),
          value(by.candidate),
          detail::change(by.found),
          next_step(by.found)};
}

}  // namespace

void write_table(std::ostream& to, const session_result& of) {
  to << "Is " << of.candidate << " better than " << of.baseline << "? " << detail::tally(of)
     << '\n';
  for (const std::string& note : of.notes) to << "Note: " << note << '\n';
  if (of.workloads.empty()) return;
  to << '\n';
  std::vector<table_row> rows{{of.candidate + " is", "workload", "load", "measured", of.baseline,
                               of.candidate, "change", "to tell"}};
  for (const workload_result& workload : of.workloads) rows.push_back(row_of(workload));
  print_rows(to, rows);
  to << "\nMedians of the runs, less is better; change with bounds at "
     << detail::plain(of.by.confidence * 100) << " % confidence, less than "
     << detail::plain(of.by.effect * 100) << " % counts as the same.\n";
  for (const workload_result& workload : of.workloads) {
    to << '\n' << workload.name << ": " << detail::sentence(of, workload) << '\n';
    if (const std::string also = detail::besides(workload); !also.empty()) {
      to << "  Besides: " << also << ".\n";
    }
    if (!workload.note.empty()) to << "  Note: " << workload.note << '\n';
  }
}

}  // namespace crossfade::ab
