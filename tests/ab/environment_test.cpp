#include "benchmarks/ab/results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crossfade::ab {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::StartsWith;

const environment before{.cpu = "A Processor",
                         .cpus = 4,
                         .memory_bytes = 16'000'000'000,
                         .kernel = "Linux 6.1.0",
                         .compiler = "g++ 12.2.0",
                         .build = "release",
                         .version = "0.1.0",
                         .boost = "1_81",
                         .host = "here"};

TEST(EnvironmentTest, SaysWhereThisRuns) {
  const environment here = this_environment();
  EXPECT_FALSE(here.cpu.empty());
  EXPECT_GE(here.cpus, 1U);
  EXPECT_GT(here.memory_bytes, 1U << 20U);
  EXPECT_THAT(here.kernel, MatchesRegex("Linux [0-9].*"));
  EXPECT_THAT(here.compiler, MatchesRegex("(g|clang)\\+\\+ [0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(here.build, AnyOf(StartsWith("release"), StartsWith("debug")));
  EXPECT_THAT(here.version, MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(here.boost, MatchesRegex("[0-9]+_[0-9]+.*"));
  EXPECT_THAT(here.host, MatchesRegex("|[0-9a-f-]+"));
}

TEST(EnvironmentTest, IsTheSameEachTime) {
  EXPECT_EQ(this_environment(), this_environment());
  EXPECT_THAT(differences(this_environment(), this_environment()), IsEmpty());
}

TEST(EnvironmentTest, SaysWhatDiffersAndWhatItWas) {
  environment now = before;
  now.cpu = "Another";
  now.cpus = 2;
  now.memory_bytes = 8'000'000'000;
  now.kernel = "Linux 6.2.0";
  now.compiler = "clang++ 16.0.6";
  now.build = "debug";
  now.boost = "1_83";
  now.host = "there";
  EXPECT_THAT(differences(before, now),
              ElementsAre("the machine is another one", R"(cpu is "Another"; was "A Processor")",
                          "cpus is 2; was 4", "memory is 7.45 GiB; was 14.9 GiB",
                          R"(kernel is "Linux 6.2.0"; was "Linux 6.1.0")",
                          R"(compiler is "clang++ 16.0.6"; was "g++ 12.2.0")",
                          R"(build is "debug"; was "release")", R"(Boost is "1_83"; was "1_81")"));
}

TEST(EnvironmentTest, TheVersionMayDifferAndTheMachineBeUnknown) {
  environment now = before;
  now.version = "0.2.0";  // what a baseline is kept for
  now.host = "";
  now.memory_bytes += 100'000'000;  // another kernel leaves so much less
  EXPECT_THAT(differences(before, now), IsEmpty());
}

}  // namespace
}  // namespace crossfade::ab
