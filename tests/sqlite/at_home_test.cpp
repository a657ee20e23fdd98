#include "compat/sqlite/pool.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;

// A connection is used where it was opened only: on its loop, in its process.
class AtHomeTest : public sqlite_test {};
INSTANTIATE_TEST_SUITE_P(Hosts, AtHomeTest, settings(), setting_name);

TEST_P(AtHomeTest, IsNoneWhereNoTaskRuns) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    std::string seen;
    std::thread foreign([&] {
      try {
        await(db->execute("SELECT 1"));
      } catch (...) {
        seen = outcome(std::current_exception());
      }
    });
    foreign.join();
    EXPECT_THAT(seen, HasSubstr("usage_error"));
  });
}

TEST_P(AtHomeTest, IsNotOnAnotherLoop) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    const auto shared = co_await open_pool(how(), path());
    std::vector<std::string> seen;
    std::thread foreign([&] {
      loop other;
      coro_backend::backend carrier(other);
      other.run(carrier, [&]() -> task<> {
        auto nothing = [](auto&...) {};
        seen.push_back(co_await outcome_of([&]() -> task<> { co_await db->query("SELECT 1"); }));
        seen.push_back(
            co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, nothing); }));
        seen.push_back(co_await outcome_of([&]() -> task<> { co_await db->close(); }));
        seen.push_back(
            co_await outcome_of([&]() -> task<> { co_await shared->query("SELECT 1"); }));
      });
    });
    foreign.join();
    EXPECT_THAT(seen, testing::Each(HasSubstr("belongs to another loop")));
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT 1"), 1);
  });
}

TEST_P(AtHomeTest, IsNotInTheChildOfAFork) {
  run([&]() -> task<> {
    auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (x)");
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string seen =
          co_await outcome_of([&]() -> task<> { co_await db->query("SELECT 1"); });
      db.reset();
      ::_exit(seen.find("opened before the fork") != std::string::npos ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    co_await db->execute("INSERT INTO t VALUES (1)");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 1);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
