#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "examples/fiber_port/steps.hpp"
#include "fiber_backend/detail/stack_switch.hpp"

namespace fiber_port {
namespace {

using testing::ElementsAre;
using testing::Pair;

struct place {
  step program;
  std::string backend;
  friend void PrintTo(const place& p, std::ostream* out) {
    *out << p.program.name << '_' << p.backend;
  }
};

// Each step of the port does what the program did before it, on both backends.
class FiberPortTest : public testing::TestWithParam<place> {
 protected:
  summary run(std::vector<std::string> symbols) {
    return GetParam().program.run({.symbols = std::move(symbols), .backend = GetParam().backend});
  }
};

TEST_P(FiberPortTest, FindsAllPrices) {
  const summary done = run({"BTC", "ETH", "ADA", "BTC", "SOL", "ETH"});
  EXPECT_THAT(done.answers, ElementsAre(Pair("ADA", "6565"), Pair("BTC", "6667"),
                                        Pair("ETH", "6972"), Pair("SOL", "8376")));
}

TEST_P(FiberPortTest, AsksOnceForWhatManyWantAndNeverMoreThanSoManyAtOnce) {
  const summary done = run({"BTC", "BTC", "BTC", "ETH", "ADA", "BTC", "SOL", "ETH"});
  EXPECT_EQ(done.asked, 4);
  EXPECT_EQ(done.most_at_once, 2);
}

TEST_P(FiberPortTest, SaysWhatThereIsNoPriceFor) {
  const summary done = run({"DOGE", "BTC", "DOGE"});
  EXPECT_THAT(done.answers, ElementsAre(Pair("BTC", "6667"), Pair("DOGE", "no symbol: DOGE")));
  EXPECT_EQ(done.asked, 3);  // what failed is asked for again
}

// The number of a request is the fiber's, and must be its own wherever a line is written.
TEST_P(FiberPortTest, JournalTellsRequestsApart) {
  const std::vector<std::string> symbols{"BTC", "ETH", "ADA", "SOL", "DOT", "XMR", "LTC"};
  std::map<std::string, std::string> lines_of;
  for (const std::string& line : run(symbols).journal) {
    const auto space = line.find(' ');
    lines_of[line.substr(0, space)] += line.substr(space);
  }
  std::vector<std::string> lines;
  for (const auto& [number, of_it] : lines_of) lines.push_back(of_it);
  std::vector<std::string> expected;
  for (const std::string& symbol : symbols)
    expected.push_back(" wants " + symbol + " asks for " + symbol);
  EXPECT_THAT(lines, testing::UnorderedElementsAreArray(expected));
  EXPECT_TRUE(lines_of.contains("#1"));
  EXPECT_TRUE(lines_of.contains("#7"));
}

TEST_P(FiberPortTest, ReportsNowAndThenAndAtTheEnd) {
  const summary done = run({"BTC", "ETH", "ADA", "SOL", "DOT", "XMR", "LTC"});
  EXPECT_THAT(done.reports, testing::Each(testing::EndsWith(" prices known")));
  EXPECT_GE(done.reports.size(), 2U);
  EXPECT_EQ(done.reports.back(), "7 prices known");
}

std::vector<place> places() {
  std::vector<place> all;
  for (const step& program : steps()) {
    if (program.name == steps().front().name) {
#if !defined(CROSSFADE_ASAN) && !defined(CROSSFADE_TSAN)
      // The sanitizers know nothing of Boost.Fiber's stacks, and report what is no error.
      all.push_back({program, "none"});
#endif
    } else {
      all.push_back({program, "fiber"});
      all.push_back({program, "coro"});
    }
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Steps, FiberPortTest, testing::ValuesIn(places()),
                         testing::PrintToStringParamName());

TEST(FiberPortStacksTest, AreLentToWhatIsNotPortedAndNotNeededInTheEnd) {
  const job todo{.symbols = {"BTC", "ETH"}, .backend = "coro"};
  EXPECT_GT(steps().at(1).run(todo).stacks, 0U);
  EXPECT_EQ(steps().back().run(todo).stacks, 0U);
}

}  // namespace
}  // namespace fiber_port
