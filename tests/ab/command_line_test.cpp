#include "benchmarks/ab/command_line.hpp"

#include "benchmarks/ab/reports.hpp"

#include "compat/sleep.hpp"
#include "compat/task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace crossfade::ab {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// Allocations are counted, not timed: what is said of them does not depend on the machine.
void allocate(int times) {
  std::vector<std::unique_ptr<int>> kept;
  for (int i = 0; i < times; ++i) kept.push_back(std::make_unique<int>(i));
}

class cannot_begin final : public workload {
 public:
  task<> set_up() override { throw std::runtime_error("no table to read"); }
  task<> operate(caller) override { co_return; }
};

/// What a stream is given meanwhile.
class captured {
 public:
  explicit captured(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
  ~captured() { stream_.rdbuf(before_); }
  captured(const captured&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::ostream& stream_;
  std::streambuf* before_;
};

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    const auto few = [] { allocate(1); };
    const auto many = [] { allocate(200); };
    const auto ported_few = []() -> task<> {
      allocate(1);
      co_await checkpoint();
    };
    const auto ported_many = []() -> task<> {
      allocate(200);
      co_await checkpoint();
    };
    workloads_.add({.name = "port/heavier", .description = "allocates more"}, few, ported_many);
    workloads_.add({.name = "port/lighter", .description = "allocates less"}, many, ported_few);
    workloads_.add<cannot_begin>({.name = "broken", .description = "does not begin"});
    std::string name = (std::filesystem::temp_directory_path() / "crossfade-ab-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  int run(const std::vector<std::string>& arguments) {
    std::vector<const char*> words{"compare"};
    for (const std::string& each : arguments) words.push_back(each.c_str());
    const captured out(std::cout);
    const captured error(std::cerr);
    const int status = run_command_line(workloads_, static_cast<int>(words.size()), words.data());
    out_ = out.text();
    error_ = error.text();
    return status;
  }
  int run_short(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--duration", "1s", "--run", "1ms", "--figure", "allocations", "--quiet"});
    return run(arguments);
  }

  std::string file(const char* name) const { return (folder_ / name).string(); }
  static std::string content_of(const std::string& name) {
    std::ifstream in(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  suite workloads_;
  std::filesystem::path folder_;
  std::string out_;
  std::string error_;
};

TEST_F(CommandLineTest, IsOneIfTheCandidateIsWorse) {
  EXPECT_EQ(run_short({"--workload", "port/heavier"}), 1) << error_;
  EXPECT_THAT(out_, HasSubstr("worse"));
  EXPECT_THAT(out_, Not(HasSubstr("port/lighter")));
}

TEST_F(CommandLineTest, IsZeroIfTheCandidateIsBetter) {
  EXPECT_EQ(run_short({"--workload", "port/lighter"}), 0) << error_;
  EXPECT_THAT(out_, HasSubstr("better"));
}

TEST_F(CommandLineTest, WritesWhatItHasFound) {
  EXPECT_EQ(run_short({"--workload", "port", "--json", file("json"), "--html", file("html")}), 1);
  const session_result found = read_json(content_of(file("json")), "json");
  ASSERT_EQ(found.workloads.size(), 2U);
  EXPECT_EQ(found.workloads[0].name, "port/heavier");
  EXPECT_EQ(found.workloads[0].decided.found.kind, outcome::worse);
  EXPECT_EQ(found.workloads[0].decided.by, figure::allocations);
  EXPECT_EQ(found.workloads[1].decided.found.kind, outcome::better);
  EXPECT_THAT(content_of(file("html")), HasSubstr("port/lighter"));
}

TEST_F(CommandLineTest, ComparesWithABaseline) {
  ASSERT_EQ(run_short({"--workload", "port/lighter", "--json", file("before")}), 0);
  EXPECT_EQ(run_short({"--workload", "port/lighter", "--baseline", file("before"), "--json",
                       file("now")}),
            0)
      << out_ << error_;
  const session_result now = read_json(content_of(file("now")), "now");
  ASSERT_EQ(now.notes.size(), 2U);
  EXPECT_THAT(now.notes[0], HasSubstr("port/lighter on fiber is the same as before"));
  EXPECT_THAT(now.notes[1], HasSubstr("port/lighter on coro is the same as before"));
}

TEST_F(CommandLineTest, IsTwoForArgumentsThatCannotBe) {
  EXPECT_EQ(run({"--workload", "portt"}), 2);
  EXPECT_THAT(error_, HasSubstr("no workload is called portt"));
  EXPECT_EQ(run({"--duration", "never"}), 2);
  EXPECT_EQ(run({"--json", file("none/json")}), 2);
  EXPECT_EQ(run({"--frobnicate"}), 2);
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(CommandLineTest, IsThreeIfSomethingFailed) {
  EXPECT_EQ(run_short({"--workload", "broken"}), 3);
  EXPECT_THAT(error_, HasSubstr("no table to read"));
}

TEST_F(CommandLineTest, ListsTheWorkloads) {
  EXPECT_EQ(run({"--list"}), 0);
  EXPECT_EQ(out_,
            "port/heavier  allocates more\n"
            "port/lighter  allocates less\n"
            "broken        does not begin\n");
}

}  // namespace
}  // namespace crossfade::ab
