#include "tool/exposition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace crossfade::tool {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::ThrowsMessage;

TEST(ExpositionTest, ReadsNamesLabelsAndValues) {
  EXPECT_THAT(
      parse_exposition("up 1\n"
                       "tasks:live{subsystem=\"http_api\",backend=\"coro\"} 2.5e3\n"
                       "last{} -7"),
      ElementsAre(sample{"up", {}, 1},
                  sample{"tasks:live", {{"subsystem", "http_api"}, {"backend", "coro"}}, 2500},
                  sample{"last", {}, -7}));
}

TEST(ExpositionTest, SkipsCommentsTypesTimesAndBlanks) {
  EXPECT_THAT(parse_exposition("# HELP up Whether it is \"up\" {or not}.\n"
                               "# TYPE up gauge\n"
                               "#\n"
                               "\n"
                               " \t\n"
                               "\t up { a = \"b\" , } \t 1  1395066363000 \r\n"
                               "up 3 -1\n"),
              ElementsAre(sample{"up", {{"a", "b"}}, 1}, sample{"up", {}, 3}));
}

TEST(ExpositionTest, UndoesTheEscapesOfALabel) {
  EXPECT_THAT(parse_exposition(R"(x{path="C:\\DIR\\n\"}, ",error="a\nb"} 1)"),
              ElementsAre(sample{"x", {{"path", "C:\\DIR\\n\"}, "}, {"error", "a\nb"}}, 1}));
}

TEST(ExpositionTest, KnowsWhatIsNoFiniteNumber) {
  const auto samples = parse_exposition("a +Inf\nb -Inf\nc NaN\n");
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(samples[1].value, -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(samples[2].value));
}

TEST(ExpositionTest, NamesTheLineThatItCannotRead) {
  const auto complaint = [](const std::string& line) {
    try {
      parse_exposition("up 1\n" + line + "\nup 2\n");
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(complaint("<html>"), "line 2: \"<html>\"; expected the name of a metric");
  EXPECT_EQ(complaint("x"), "line 2: \"\"; expected a number");
  EXPECT_EQ(complaint("x +-1"), "line 2: \"+-1\"; expected a number");
  EXPECT_EQ(complaint("x 1 soon"), "line 2: \"soon\"; expected a time in milliseconds, or nothing");
  EXPECT_EQ(complaint("x 1 2 3"), "line 2: \"3\"; expected the end of the line");
  EXPECT_EQ(complaint("x{1=\"\"} 1"), "line 2: \"1=\"\"} 1\"; expected the name of a label, or }");
  EXPECT_EQ(complaint("x{a} 1"), "line 2: \"} 1\"; expected = behind the label a");
  EXPECT_EQ(complaint("x{a=b} 1"),
            "line 2: \"b} 1\"; expected the value of the label a, in quotes");
  EXPECT_EQ(complaint("x{a=\"b} 1"), "line 2: \"\"; expected a quote that ends the label's value");
  EXPECT_EQ(complaint("x{a=\"\\t\"} 1"), "line 2: \"t\"} 1\"; expected \\, \" or n behind a \\");
  EXPECT_EQ(complaint("x{a=\"b\" c=\"d\"} 1"), "line 2: \"c=\"d\"} 1\"; expected , or }");
}

TEST(ExpositionTest, PutsHistogramsTogether) {
  const auto found = histograms_of(parse_exposition("# TYPE took histogram\n"
                                                    "took_count{on=\"b\"} 4\n"
                                                    "took_sum{on=\"b\"} 2.5\n"
                                                    "took_bucket{on=\"b\",le=\"0.5\"} 3\n"
                                                    "took_bucket{on=\"b\",le=\"+Inf\"} 4\n"
                                                    "took_bucket{le=\"1\",on=\"a\"} 0\n"
                                                    "took_longer_sum{on=\"a\"} 9\n"),
                                   "took");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[0].labels, ElementsAre(Pair("on", "a")));
  EXPECT_EQ(found[0].values.sum, 0);
  EXPECT_THAT(found[1].labels, ElementsAre(Pair("on", "b")));
  EXPECT_EQ(found[1].values.count, 4);
  EXPECT_EQ(found[1].values.sum, 2.5);
  EXPECT_THAT(found[1].values.at_most,
              ElementsAre(Pair(0.5, 3), Pair(std::numeric_limits<double>::infinity(), 4)));
}

TEST(ExpositionTest, RefusesABucketWithoutABound) {
  EXPECT_THAT([] { histograms_of(parse_exposition("took_bucket 3"), "took"); },
              ThrowsMessage<std::invalid_argument>("took_bucket has no label le"));
  EXPECT_THAT(
      [] { histograms_of(parse_exposition("took_bucket{le=\"low\"} 3"), "took"); },
      ThrowsMessage<std::invalid_argument>("took_bucket: le is \"low\"; expected a number"));
}

TEST(ExpositionTest, SpreadsValuesEvenlyWithinTheirBucket) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bucketed_values values{{{1, 10}, {2, 10}, {4, 18}, {infinity, 20}}, 40, 20};
  EXPECT_DOUBLE_EQ(values.quantile(0.25), 0.5);
  EXPECT_DOUBLE_EQ(values.quantile(0.5), 1);
  EXPECT_DOUBLE_EQ(values.quantile(0.7), 3);
  EXPECT_DOUBLE_EQ(values.quantile(0.99), 4) << "all that is known is that it is longer";
  EXPECT_EQ(bucketed_values().quantile(0.5), 0);
}

}  // namespace
}  // namespace crossfade::tool
