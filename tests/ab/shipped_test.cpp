#include "benchmarks/workloads/shipped.hpp"

#include "benchmarks/workloads/require.hpp"
#include "compat/detail/frame_pool.hpp"
#include "compat/sleep.hpp"
#include "compat/spawn.hpp"
#include "compat/task_group.hpp"
#include "test_kit/loop_test.hpp"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace crossfade::workloads {
namespace {

using namespace test_kit;
using setting = std::tuple<std::string, cell::carrier>;

bool uses_files(const std::string& name) {
  return name.starts_with("sqlite") || name.starts_with("query") || name.starts_with("http") ||
         name.starts_with("csv");
}

std::vector<std::string> names() {
  const ab::suite all = shipped();
  std::vector<std::string> found;
  for (const ab::registered_workload& one : all.all()) found.push_back(one.name);
  // A large one is the small one's code for more tasks, whose stacks take a sanitizer minutes.
  if (!detail::frames_are_pooled)
    std::erase_if(found, [](const std::string& name) { return name.ends_with("/large"); });
  return found;
}

std::vector<std::string> names_of_those_with_files() {
  std::vector<std::string> found = names();
  // Without a file to open, UBSan takes each object for a wrong one: it asks a pipe what is
  // readable.
  if (!detail::frames_are_pooled) found.clear();
  std::erase_if(found, [](const std::string& name) { return !uses_files(name); });
  return found;
}

std::string name_of(const testing::TestParamInfo<setting>& info) {
  auto [name, carrier] = info.param;
  std::ranges::replace(name, '/', '_');
  return name + (carrier == cell::carrier::fiber ? "_fiber" : "_coro");
}

// The system's temporary folder, for one test: empty at first.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "shipped-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", name.c_str(), 1);
  }
  ~temporary_folder() {
    before_ ? ::setenv("TMPDIR", before_->c_str(), 1) : ::unsetenv("TMPDIR");
    std::filesystem::remove_all(path_);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  bool is_empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::filesystem::path path_;
  std::optional<std::string> before_;
};

// While it lives, only so many further files can be opened.
class file_limit {
 public:
  explicit file_limit(rlim_t further) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int free = ::dup(STDERR_FILENO);  // the lowest number that is not taken
    ::close(free);
    const rlimit now{static_cast<rlim_t>(free) + further, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~file_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  file_limit(const file_limit&) = delete;
  file_limit& operator=(const file_limit&) = delete;

 private:
  rlimit before_{};
};

// In real time: threads and sockets take none of the virtual one.
class ShippedTest : public loop_fixture, public testing::TestWithParam<setting> {
 protected:
  ShippedTest() : loop_fixture({.virtual_time = false}) {}

  void run(const std::function<task<>()>& body) { run_in(where(), body); }
  std::unique_ptr<ab::workload> make() {
    const ab::suite all = shipped();
    return all.matching({name()}).at(0)->make(backends_.of(where()));
  }
  const std::string& name() const { return std::get<0>(GetParam()); }

  const temporary_folder temporary_;

 private:
  static cell where() { return {cell::text::coroutine, std::get<1>(GetParam())}; }
};

// As a load does whose time is over.
TEST_P(ShippedTest, GoesOnAfterAnOperationThatWasCancelled) {
  const std::unique_ptr<ab::workload> workload = make();
  run([&]() -> task<> {
    co_await workload->set_up();
    for (int turns = 1; turns <= 8; turns *= 2) {
      auto operation = [&] { return workload->operate({.worker = 0, .workers = 0}); };
      auto cut = spawn(operation);
      for (int n = 0; n < turns; ++n) co_await checkpoint();
      cut.cancel();
      auto end = [&]() -> task<> { co_await cut.join(); };
      const std::string how = co_await outcome_of(end);
      EXPECT_THAT(how, testing::AnyOf("nothing thrown", testing::StartsWith("task_cancelled")));
      co_await workload->operate({.worker = 1, .workers = 0});
    }
    co_await workload->tear_down();
    EXPECT_TRUE(temporary_.is_empty());
    EXPECT_EQ(loop_.tasks().size(), 1U) << loop_.wait_graph().text();
  });
}

class ShippedFilesTest : public ShippedTest {};
// Without databases there are none.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ShippedFilesTest);

TEST_P(ShippedTest, OperatesOneAfterTheOtherAndSideBySideAndLeavesNothing) {
  const std::unique_ptr<ab::workload> workload = make();
  run([&]() -> task<> {
    co_await workload->set_up();
    EXPECT_NE(temporary_.is_empty(), uses_files(name()));
    for (int n = 0; n < 2; ++n) co_await workload->operate({.worker = 0, .workers = 1});
    auto worker = [&](std::size_t number) -> task<> {
      for (int n = 0; n < 2; ++n) co_await workload->operate({.worker = number, .workers = 3});
    };
    auto workers = [&](task_group& group) {
      for (std::size_t n = 0; n < 3; ++n) group.spawn(worker, n);
    };
    co_await with_task_group(workers);
    co_await workload->tear_down();
    EXPECT_TRUE(temporary_.is_empty());
    EXPECT_EQ(loop_.tasks().size(), 1U) << loop_.wait_graph().text();
  });
}

TEST_P(ShippedFilesTest, LeavesNothingWhereItCannotBeSetUp) {
  for (const rlim_t files : {rlim_t{2}, rlim_t{3}, rlim_t{4}}) {
    SCOPED_TRACE(files);
    run([&]() -> task<> {
      const std::unique_ptr<ab::workload> workload = make();
      auto set_up = [&] { return workload->set_up(); };
      std::string failure;
      {
        const file_limit limit(files);
        failure = co_await outcome_of(set_up);
        co_await workload->tear_down();
      }
      EXPECT_NE(failure, "nothing thrown");
      EXPECT_TRUE(temporary_.is_empty()) << failure;
      EXPECT_EQ(loop_.tasks().size(), 1U) << loop_.wait_graph().text();
    });
  }
}

auto on_both_sides(const std::vector<std::string>& which) {
  return testing::Combine(testing::ValuesIn(which),
                          testing::Values(cell::carrier::fiber, cell::carrier::coro));
}
INSTANTIATE_TEST_SUITE_P(Sides, ShippedTest, on_both_sides(names()), name_of);
INSTANTIATE_TEST_SUITE_P(Sides, ShippedFilesTest, on_both_sides(names_of_those_with_files()),
                         name_of);

TEST(ShippedSuiteTest, SaysWhatAnOperationIsAndHasEachInTwoSizes) {
  std::set<std::string> small;
  std::set<std::string> large;
  std::set<std::string> descriptions;
  const ab::suite all = shipped();
  for (const ab::registered_workload& one : all.all()) {
    const std::size_t slash = one.name.find('/');
    const std::string topic = one.name.substr(0, slash);
    const std::string size = one.name.substr(slash + 1);
    EXPECT_THAT(size, testing::AnyOf("small", "large")) << one.name;
    (size == "small" ? small : large).insert(topic);
    EXPECT_TRUE(descriptions.insert(one.description).second) << one.name;
    EXPECT_FALSE(one.description.empty()) << one.name;
    EXPECT_EQ(one.description.find('\n'), std::string::npos) << one.name;
    EXPECT_GT(one.things, 0U) << one.name;
    EXPECT_FALSE(one.thing.empty()) << one.name;
  }
  EXPECT_FALSE(small.empty());
  EXPECT_EQ(small, large);
}

TEST(RequireTest, ThrowsWhatWasFoundAndWhatWasExpected) {
  require_equal("rows", 3, 3);
  try {
    require_equal("rows", 2, 3);
    ADD_FAILURE() << "nothing thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "rows: 2; expected 3");
  }
}

}  // namespace
}  // namespace crossfade::workloads
