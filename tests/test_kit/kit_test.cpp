#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>

#include "test_kit/cell.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// Runs tests of failures.cpp, with these variables set, and gives what they print.
std::string output_of(const std::string& filter, const std::string& variables = "") {
  const std::string command = "env -u CROSSFADE_SEED -u CROSSFADE_TEST_LIMIT " + variables +
                              " " CROSSFADE_FAILURES " --gtest_color=no --gtest_filter='" + filter +
                              "' 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> child(::popen(command.c_str(), "r"), ::pclose);
  if (child == nullptr) throw std::runtime_error(command);
  std::string text;
  std::array<char, 4096> part;
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), child.get()))
    text.append(part.data(), size);
  return text;
}

// The part of a test of the child that one parameter of it printed.
std::string of_parameter(const std::string& output, const std::string& test) {
  const std::size_t begin = output.find("[ RUN      ] " + test + "\n");
  const std::size_t end = output.find("] " + test + ",", begin);
  if (begin == std::string::npos || end == std::string::npos) return "no failure of " + test;
  return output.substr(begin, end - begin);
}

// --- what a test leaves ---

class LeakTest : public testing::TestWithParam<cell> {
 protected:
  static std::string complaint(const std::string& test) {
    const std::string name = "Cells/Leaves." + test + "/" + GetParam().name();
    return of_parameter(output_of(name), name);
  }
};

TEST_P(LeakTest, TaskThatHasNotEndedIsNamed) {
  EXPECT_THAT(complaint("ATask"),
              AllOf(HasSubstr("tasks were left"),
                    ContainsRegex("task [0-9]+ 'forgotten' .* waits for an event, spawned at "
                                  ".*failures.cpp:[0-9]+")));
}

TEST_P(LeakTest, LockThatIsHeldShowsInWhoWaitsForIt) {
  EXPECT_THAT(complaint("ALockHeld"),
              AllOf(ContainsRegex("'holder' .* waits for an event"),
                    ContainsRegex("'waiter' .* waits for a lock held by task [0-9]+ 'holder'")));
}

TEST_P(LeakTest, FileThatIsOpenIsNamed) {
  EXPECT_THAT(complaint("AFileOpen"),
              ContainsRegex("file descriptor [0-9]+ \\(/dev/null\\) was opened and not closed"));
}

TEST_P(LeakTest, FailureThatNobodySawIsReported) {
  EXPECT_THAT(complaint("AFailure"), HasSubstr("failed and nobody joined it: nobody asked"));
}

INSTANTIATE_TEST_SUITE_P(Cells, LeakTest, cells(), cell_name);

TEST(LeakOfAThreadTest, IsNamed) {
  EXPECT_THAT(output_of("LeavesOnce.AThreadRunning"),
              ContainsRegex("thread [0-9]+ '.*' was started and still runs"));
}

// --- sweeps ---

class SweepTest : public testing::TestWithParam<cell_pair> {
 protected:
  static std::string name_of(const std::string& test) {
    return "Hosts/Depends." + test + "/" + pair_name({GetParam(), 0});
  }
  static std::string complaint(const std::string& test) {
    return of_parameter(output_of(name_of(test)), name_of(test));
  }
};

TEST_P(SweepTest, OrderThatFailsIsFoundAndReplayed) {
  const std::string name = name_of("OnTheOrder");
  const std::string found = complaint("OnTheOrder");
  EXPECT_THAT(found, HasSubstr("the reader was faster"));
  std::smatch match;
  ASSERT_TRUE(std::regex_search(
      found, match,
      std::regex("seed ([0-9]+); .*: (CROSSFADE_SEED=[0-9]+) PROGRAM --gtest_filter=(.*)\n")))
      << found;
  EXPECT_EQ(match[3], name);
  const int seed = std::stoi(match[1]);
  EXPECT_EQ(of_parameter(output_of(match[3], match[2]), name).find("reader was faster") ==
                std::string::npos,
            false);
  // No seed before it fails, so that one alone passes; a seed of its own was played.
  ASSERT_GT(seed, 1);
  EXPECT_THAT(output_of(name, "CROSSFADE_SEED=" + std::to_string(seed - 1)),
              AllOf(HasSubstr("[  PASSED  ] 1 test."), Not(HasSubstr("faster"))));
}

TEST_P(SweepTest, WaitThatMustNotBeCancelledIsFound) {
  EXPECT_THAT(complaint("OnWhereItIsCancelled"),
              AllOf(HasSubstr("a permit is lost"), HasSubstr("cancelled after 1 turns")));
}

TEST_P(SweepTest, TurnAfterWhichTheLoopMustNotEndIsFound) {
  EXPECT_THAT(complaint("OnWhereTheLoopEnds"),
              AllOf(HasSubstr("a permit is lost"), HasSubstr("the loop ended after 1 turns")));
}

TEST_P(SweepTest, OrderAndCancellationThatFailTogetherAreFound) {
  EXPECT_THAT(complaint("OnTheOrderAndTheCancellation"),
              AllOf(HasSubstr("a permit is lost"), HasSubstr("in the random order of seed ")));
}

TEST_P(SweepTest, AllTogetherEndWithTheFirstThatFails) {
  EXPECT_THAT(complaint("OnAnyOfThese"),
              AllOf(HasSubstr("cancelled after 1 turns"), Not(HasSubstr("random order"))));
}

INSTANTIATE_TEST_SUITE_P(Hosts, SweepTest, cell_pairs(), pair_name);

// --- hangs ---

TEST(HangTest, InAWaitFailsWithTheWaitGraphAndTheNextTestRuns) {
  const std::string output = output_of("Hangs.InAWait:LeavesOnce.*");
  EXPECT_THAT(output, AllOf(HasSubstr("the run has taken longer than 0.1"),
                            ContainsRegex("'main' .* for join: task [0-9]+ 'stuck'"),
                            ContainsRegex("'stuck' .* for an event, spawned at .*failures"),
                            HasSubstr("[  FAILED  ] Hangs.InAWait"),
                            HasSubstr("[ RUN      ] LeavesOnce.AThreadRunning")));
}

TEST(HangTest, InATurnEndsTheProgramAndSaysWhichTest) {
  EXPECT_THAT(output_of("Hangs.InATurn", "CROSSFADE_TEST_LIMIT=0.1"),
              AllOf(HasSubstr("crossfade: Hangs.InATurn hangs: "), Not(HasSubstr("FAILED"))));
}

TEST(HangTest, InATaskThatSwallowsItsCancellationEndsTheProgram) {
  EXPECT_THAT(output_of("Hangs.SinceItSwallowsItsCancellation", "CROSSFADE_TEST_LIMIT=0.1"),
              AllOf(HasSubstr("the run has taken longer than 0.1"),
                    ContainsRegex("'main' .* for an event, spawned at .*failures.cpp"),
                    HasSubstr("crossfade: Hangs.SinceItSwallowsItsCancellation hangs: ")));
}

// --- without a parameter ---

TEST(InEveryCellTest, FailureNamesItsCell) {
  EXPECT_THAT(output_of("InEveryCell.*"),
              AllOf(HasSubstr("exception: the last"), ContainsRegex("trace:\n.*coro_blocking")));
}

}  // namespace
}  // namespace crossfade
