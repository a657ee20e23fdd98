#include "benchmarks/ab/reports.hpp"
#include "specimen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace crossfade::ab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string table_of(const session_result& of) {
  std::ostringstream text;
  write_table(text, of);
  return text.str();
}

/// From the head of the table to its last row.
std::vector<std::string> rows_of(const session_result& of) {
  std::istringstream lines(table_of(of));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) {
    if (rows.empty() ? line.starts_with(of.candidate + " is ") : !line.empty()) {
      rows.push_back(line);
    } else if (!rows.empty()) {
      break;
    }
  }
  return rows;
}

/// In code points: where the columns of a terminal are.
std::size_t column_of(const std::string& line, std::string_view text) {
  const auto end = line.begin() + static_cast<std::ptrdiff_t>(line.find(text));
  return static_cast<std::size_t>(std::count_if(
      line.begin(), end, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

TEST(TableReportTest, TheVerdictComesFirst) {
  EXPECT_THAT(rows_of(specimen()),
              ElementsAre(StartsWith("coro is "), StartsWith("better "), StartsWith("same "),
                          StartsWith("worse "), StartsWith("inconclusive "), StartsWith("worse ")));
}

TEST(TableReportTest, ARowSaysWhatUnderWhatLoadAndHowMuch) {
  const std::vector<std::string> rows = rows_of(specimen());
  EXPECT_THAT(rows.at(1),
              AllOf(HasSubstr(" spawn_join/small "), HasSubstr(" closed, 1 worker "),
                    HasSubstr(" time per request "), HasSubstr(" ns "), HasSubstr(" % [-")));
  EXPECT_THAT(rows.at(3),
              AllOf(HasSubstr(" open, 20.0 k/s "), HasSubstr(" latency p50 "), HasSubstr(" us ")));
}

TEST(TableReportTest, WhatIsInconclusiveSaysWhatToDo) {
  session_result of = specimen();
  of.workloads[3].decided.found.more_runs = 34;
  EXPECT_THAT(rows_of(of).at(4), EndsWith("  34 more runs"));
  of.workloads[3].decided.found.more_runs = 1;
  EXPECT_THAT(rows_of(of).at(4), EndsWith("  1 more run"));
  of.workloads[3].decided.found.more_runs = 0;
  EXPECT_THAT(rows_of(of).at(4), EndsWith("  see the note"));
}

TEST(TableReportTest, ColumnsAreAligned) {
  session_result of = specimen();
  of.workloads[0].name = "\u00fcbermittlung/gro\u00df";
  const std::vector<std::string> rows = rows_of(of);
  const std::size_t load = column_of(rows[0], "  load") + 2;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(column_of(rows[i], i == 3 ? "  open" : "  closed") + 2, load) << rows[i];
  }
  // Numbers end in the same column.
  const std::size_t end = column_of(rows[0], "coro  change") + 4;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::size_t unit = rows[i].rfind("s  ", rows[i].find('['));
    EXPECT_EQ(column_of(rows[i], rows[i].substr(unit)) + 1, end) << rows[i];
  }
}

TEST(TableReportTest, BelowStandSentencesAndNotes) {
  const std::string text = table_of(specimen());
  EXPECT_THAT(text, HasSubstr("\nspawn_join/small: coro is 1."));
  EXPECT_THAT(text, HasSubstr("\n  Besides: better: latency p50 "));
  EXPECT_THAT(text, HasSubstr("\n  Note: 3 operations failed on coro: connection reset\n"));
  EXPECT_THAT(text, HasSubstr("95 % confidence"));
}

TEST(TableReportTest, WhatIsToBeKnownOfAllOfItComesFirst) {
  session_result of = specimen();
  of.notes = {"interrupted: 5 of 9 workloads were done"};
  const std::string text = table_of(of);
  const auto note = text.find("\nNote: interrupted: 5 of 9 workloads were done\n");
  ASSERT_NE(note, std::string::npos);
  EXPECT_LT(note, text.find("\ncoro is "));
}

TEST(TableReportTest, WithoutRunsThereAreNoNumbers) {
  const std::vector<std::string> rows = rows_of(without_runs());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(rows[1],
              AllOf(StartsWith("inconclusive "), HasSubstr("  -  "),
                    EndsWith("  no runs to compare"), Not(HasSubstr(" ns ")), Not(HasSubstr("%"))));
}

TEST(TableReportTest, ASessionOfNothingSaysSo) {
  EXPECT_EQ(table_of({}), "Is coro better than fiber? There is no workload in this session.\n");
}

}  // namespace
}  // namespace crossfade::ab
