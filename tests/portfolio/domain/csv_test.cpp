#include "domain/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace portfolio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Each record as `line: field|field`, each rejection as `line! reason`.
std::vector<std::string> read(std::string_view text) {
  std::vector<std::string> rows;
  csv_reader reader(text);
  while (const auto row = reader.next()) {
    if (const auto* rejected = std::get_if<rejection>(&*row)) {
      rows.push_back(std::to_string(rejected->line) + "! " + rejected->reason);
      continue;
    }
    const auto& record = std::get<csv_record>(*row);
    std::string shown = std::to_string(record.line) + ':';
    for (const std::string& field : record.fields) shown += ' ' + field + '|';
    rows.push_back(shown);
  }
  return rows;
}

TEST(CsvTest, SplitsLinesAndFields) {
  EXPECT_THAT(read("a,b,c\nd,,\n"), ElementsAre("1: a| b| c|", "2: d| | |"));
  EXPECT_THAT(read("a,b\r\nc,d\r\n"), ElementsAre("1: a| b|", "2: c| d|"));
  EXPECT_THAT(read(" a , b"), ElementsAre("1:  a |  b|"));
  EXPECT_THAT(read(","), ElementsAre("1: | |"));
}

TEST(CsvTest, NeedsNoLineEndAtTheEnd) {
  EXPECT_THAT(read("a"), ElementsAre("1: a|"));
  EXPECT_THAT(read("a,"), ElementsAre("1: a| |"));
  EXPECT_THAT(read("\"a\""), ElementsAre("1: a|"));
}

TEST(CsvTest, SkipsEmptyLinesAndAByteOrderMark) {
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("\n\r\n"), IsEmpty());
  EXPECT_THAT(read("\xEF\xBB\xBF\"a\"\n\r\n\nb\n"), ElementsAre("1: a|", "4: b|"));
}

TEST(CsvTest, ReadsQuotedFields) {
  EXPECT_THAT(read("\"a,b\",\"\",\"say \"\"hi\"\"\",\"\"\"\"\r\n"),
              ElementsAre("1: a,b| | say \"hi\"| \"|"));
}

TEST(CsvTest, CountsTheLinesInsideOfQuotes) {
  EXPECT_THAT(read("\"a\nb\r\nc\",d\ne"), ElementsAre("1: a\nb\r\nc| d|", "4: e|"));
}

TEST(CsvTest, KeepsUtf8) { EXPECT_THAT(read("März,\"日本\"\n"), ElementsAre("1: März| 日本|")); }

TEST(CsvTest, RefusesWhatIsNotUtf8) {
  EXPECT_THAT(read("ok\nM\xE4rz\nok"), ElementsAre("1: ok|", "2! byte 2 is not UTF-8", "3: ok|"));
  EXPECT_THAT(read("cut \xC3"), ElementsAre("1! byte 5 is not UTF-8"));
  EXPECT_THAT(read("overlong \xC0\xAF"), ElementsAre("1! byte 10 is not UTF-8"));
}

TEST(CsvTest, RefusesControlCharacters) {
  EXPECT_THAT(read(std::string_view("a\0b\nc\td\n", 8)),
              ElementsAre("1! byte 2 is a control character", "2: c\td|"));
}

TEST(CsvTest, RefusesStrayQuotes) {
  EXPECT_THAT(read("a,5\" screen\nok"),
              ElementsAre("1! there is a quote in a field that does not begin with one", "2: ok|"));
  EXPECT_THAT(read("\"a\" b,c\nok"),
              ElementsAre("1! a field goes on after its closing quote", "2: ok|"));
}

TEST(CsvTest, AnUnclosedQuoteCostsOneLine) {
  EXPECT_THAT(read("\"a\nb\nc"), ElementsAre("1! a quote is not closed", "2: b|", "3: c|"));
  // The next quote seems to close it, but not for long.
  EXPECT_THAT(read("\"a\n\"b\"\nc"),
              ElementsAre("1! a field goes on after its closing quote", "2: b|", "3: c|"));
}

TEST(CsvTest, BoundsRecords) {
  const std::string fits(csv_reader::longest_record - 1, 'x');
  EXPECT_THAT(read(fits + "\nok"), ElementsAre("1: " + fits.substr(1) + "x|", "2: ok|"));
  EXPECT_THAT(read(fits + "xx\nok"), ElementsAre("1! is longer than 4096 bytes", "2: ok|"));
  EXPECT_THAT(read('"' + fits + fits + "\"\nok"),
              ElementsAre("1! a quote is not closed within 4096 bytes", "2: ok|"));
}

}  // namespace
}  // namespace portfolio
