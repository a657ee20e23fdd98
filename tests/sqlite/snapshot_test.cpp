#include "tests/sqlite/handle_test.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <vector>

namespace crossfade::sqlite {
namespace {

// What pieces of work that follow each other see.
class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    handle_.open({});
    other_.open({});
    run(handle_, "CREATE TABLE t (x)", false);
  }

  static std::vector<row> run(detail::handle& on, std::string_view sql, bool others_follow) {
    on.begin_work(others_follow);
    return on.cached(sql).query({});
  }
  int count(bool others_follow) {
    return run(handle_, "SELECT count(*) FROM t", others_follow).at(0).get<int>(0);
  }
  void others_insert() { run(other_, "INSERT INTO t VALUES (1)", false); }
  bool reads() const { return sqlite3_txn_state(handle_.raw(), "main") == SQLITE_TXN_READ; }

  scratch_folder folder_;
  never_stops hooks_;
  detail::handle handle_{folder_ / "test.db", hooks_};
  detail::handle other_{folder_ / "test.db", hooks_};
};

TEST_F(SnapshotTest, IsSharedByReadsThatFollowEachOther) {
  EXPECT_EQ(count(true), 0);
  EXPECT_TRUE(reads());
  EXPECT_FALSE(handle_.in_transaction());
  others_insert();
  EXPECT_EQ(count(true), 0);
  EXPECT_EQ(count(false), 0);
  handle_.end_snapshot();
  EXPECT_FALSE(reads());
  EXPECT_EQ(count(false), 1);
}

TEST_F(SnapshotTest, IsNotTakenForOneThatNobodyFollows) {
  EXPECT_EQ(count(false), 0);
  EXPECT_FALSE(reads());
}

TEST_F(SnapshotTest, EndsBeforeAStatementThatMayChangeSomething) {
  for (const char* sql :
       {"INSERT INTO t VALUES (2)", "WITH n(x) AS (SELECT 2) INSERT INTO t SELECT x FROM n",
        "PRAGMA user_version = 7", "PRAGMA user_version", "-- one\nSELECT 1", "EXPLAIN SELECT 1",
        "SAVEPOINT s", "BEGIN", "INSERT INTO t VALUES (1) RETURNING x"}) {
    SCOPED_TRACE(sql);
    const int before = count(true);
    EXPECT_TRUE(reads());
    others_insert();
    run(handle_, sql, true);
    EXPECT_EQ(handle_.in_transaction(),
              sql == std::string_view("SAVEPOINT s") || sql == std::string_view("BEGIN"));
    handle_.roll_back_if_open();
    EXPECT_GT(count(false), before);
  }
}

TEST_F(SnapshotTest, GoesOnBehindAQueryThatFails) {
  EXPECT_EQ(count(true), 0);
  EXPECT_THROW(run(handle_, "SELECT abs(-9223372036854775808)", true), error);
  others_insert();
  EXPECT_EQ(count(true), 0);
  handle_.end_snapshot();
  EXPECT_EQ(count(false), 1);
}

TEST_F(SnapshotTest, IsNoneInsideOfATransaction) {
  handle_.begin_work(true);
  handle_.begin();
  EXPECT_EQ(count(true), 0);
  EXPECT_TRUE(handle_.in_transaction());
  handle_.end_snapshot();
  EXPECT_TRUE(handle_.in_transaction());
  handle_.commit();
}

// The same through connections, whose tasks give many statements at once.
class BatchTest : public sqlite_test {};
INSTANTIATE_TEST_SUITE_P(Hosts, BatchTest, settings(), setting_name);

TEST_P(BatchTest, EachTaskReadsWhatWasCommittedWhenItAsked) {
  constexpr int tasks = 20;
  constexpr int rounds = 20;
  run([&]() -> task<> {
    const auto reads = co_await open_file();
    const auto writes = co_await open_file();
    co_await writes->execute_script(
        "CREATE TABLE t (x); INSERT INTO t VALUES (0); PRAGMA synchronous = OFF;");
    int committed = 0;
    auto body = [&](task_group& group) -> task<> {
      for (int i = 0; i < tasks; ++i) {
        spawn(group, [&]() -> task<> {
          for (int n = 0; n < rounds; ++n) {
            const int known = committed;
            EXPECT_GE(co_await value_of<int>(*reads, "SELECT x FROM t"), known);
          }
        });
      }
      spawn(group, [&]() -> task<> {
        for (int n = 1; n <= rounds; ++n) {
          co_await writes->execute("UPDATE t SET x = ?", n);
          committed = n;
        }
      });
      co_return;
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await value_of<int>(*reads, "SELECT x FROM t"), rounds);
  });
}

TEST_P(BatchTest, StatementsAndTransactionsComeInTheOrderInWhichTheyWereGiven) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, by TEXT)");
    auto body = [&](task_group& group) -> task<> {
      for (int i = 0; i < 30; ++i) {
        spawn(group, [&, i]() -> task<> {
          const std::string me = std::to_string(i);
          auto insert = [&]() -> task<> {
            co_await db->execute("INSERT INTO t (by) VALUES (?)", me);
          };
          if (i % 3 == 0) {
            co_await with_transaction(*db, insert);
          } else {
            co_await insert();
          }
        });
      }
      co_return;
    };
    co_await with_task_group(body);
    int expected = 0;
    for (const row& r : co_await db->query("SELECT by FROM t ORDER BY id"))
      EXPECT_EQ(r.get<std::string>(0), std::to_string(expected++));
    EXPECT_EQ(expected, 30);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
