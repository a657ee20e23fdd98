#include "compat/sqlite/transaction.hpp"

#include "compat/event.hpp"
#include "tests/sqlite/sqlite_test.hpp"

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;

class TransactionTest : public sqlite_test {
 protected:
  task<std::unique_ptr<connection>> open_table(const driver& by) {
    auto db = co_await open(by, path());
    co_await db->execute("CREATE TABLE t (x)");
    co_return db;
  }
  static task<int> count(connection& db) {
    co_return co_await value_of<int>(db, "SELECT count(*) FROM t");
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, TransactionTest, settings(), setting_name);

TEST_P(TransactionTest, CommitsWhenTheBodyReturns) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    const auto other = co_await open_file();
    const std::string value = co_await with_transaction(*db, [&]() -> task<std::string> {
      co_await db->execute("INSERT INTO t VALUES (1)");
      EXPECT_EQ(co_await count(*db), 1);
      EXPECT_EQ(co_await count(*other), 0);
      co_return "done";
    });
    EXPECT_EQ(value, "done");
    EXPECT_EQ(co_await count(*other), 1);
  });
}

TEST_P(TransactionTest, RollsBackOnAnythingThrown) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    auto insert_and_throw = [&](auto thrown) {
      return [&db, thrown]() -> task<> {
        co_await db->execute("INSERT INTO t VALUES (1)");
        throw thrown;
      };
    };
    auto failing = insert_and_throw(std::runtime_error("no"));
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, failing); }),
              "exception: no");
    EXPECT_EQ(co_await count(*db), 0);

    auto throwing_int = insert_and_throw(42);
    int caught = 0;
    try {
      co_await with_transaction(*db, throwing_int);
    } catch (int thrown) {
      caught = thrown;
    }
    EXPECT_EQ(caught, 42);
    EXPECT_EQ(co_await count(*db), 0);
  });
}

TEST_P(TransactionTest, RollsBackWhatCannotBeCommitted) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    co_await db->execute_script(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
        "CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED);");
    auto orphan = [&]() -> task<> { co_await db->execute("INSERT INTO child VALUES (1)"); };
    const error e = co_await error_of([&]() -> task<> { co_await with_transaction(*db, orphan); });
    EXPECT_EQ(e.code(), SQLITE_CONSTRAINT_FOREIGNKEY);
    EXPECT_EQ(e.sql(), "COMMIT");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM child"), 0);
  });
}

TEST_P(TransactionTest, NoStatementRunsAfterSqliteHasEndedTheTransaction) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    co_await db->execute("CREATE UNIQUE INDEX i ON t (x)");
    auto body = [&]() -> task<> {
      co_await db->execute("INSERT INTO t VALUES (1)");
      co_await error_of(
          [&]() -> task<> { co_await db->execute("INSERT OR ROLLBACK INTO t VALUES (1)"); });
      co_await db->execute("INSERT INTO t VALUES (2)");
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, body); }),
                HasSubstr("whose transaction is over"));
    EXPECT_EQ(co_await count(*db), 0);
  });
}

TEST_P(TransactionTest, RefusesToCloseInside) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    auto close = [&]() -> task<> { co_await db->close(); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, close); }),
                HasSubstr("usage_error: " + path() + ": close inside"));
    EXPECT_EQ(co_await count(*db), 0);
  });
}

TEST_P(TransactionTest, InsideOfAnotherUndoesItsOwnPartOnly) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    const auto insert = [&](const char* x) -> task<> {
      co_await db->execute("INSERT INTO t VALUES (?)", x);
    };
    auto innermost = [&]() -> task<> { co_await insert("innermost"); };
    auto failing = [&]() -> task<> {
      co_await insert("failing");
      co_await with_transaction(*db, innermost);
      throw std::runtime_error("no");
    };
    auto succeeding = [&]() -> task<> {
      co_await insert("succeeding");
      co_await with_transaction(*db, innermost);
    };
    auto outer = [&]() -> task<> {
      co_await insert("outer");
      EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, failing); }),
                "exception: no");
      EXPECT_EQ(co_await count(*db), 1);
      co_await with_transaction(*db, succeeding);
    };
    co_await with_transaction(*db, outer);
    EXPECT_EQ(co_await value_of<std::string>(*db, "SELECT group_concat(x) FROM t"),
              "outer,succeeding,innermost");
  });
}

TEST_P(TransactionTest, InsideOfOneThatIsUndoneIsUndone) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    auto inner = [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES (1)"); };
    auto outer = [&]() -> task<> {
      co_await with_transaction(*db, inner);
      throw std::runtime_error("no");
    };
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, outer); }),
              "exception: no");
    EXPECT_EQ(co_await count(*db), 0);
  });
}

// A script that commits takes the savepoints with it; the release that fails then must not keep the
// connection.
TEST_P(TransactionTest, WhoseSavepointIsGoneLeavesTheConnectionToOthers) {
  run([&]() -> task<> {
    const auto db = co_await open_table(how());
    auto inner = [&]() -> task<> { co_await db->execute_script("COMMIT"); };
    auto outer = [&]() -> task<> { co_await with_transaction(*db, inner); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, outer); }),
                HasSubstr("whose transaction is over"));
    co_await with_transaction(
        *db, [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES (1)"); });
    EXPECT_EQ(co_await count(*db), 1);
  });
}

TEST_P(TransactionTest, OthersWaitUntilItHasEnded) {
  run([&]() -> task<> {
    const auto db = co_await open_table(restless());
    auto twice = [&](const char* name) -> task<> {
      auto body = [&]() -> task<> {
        co_await db->execute("INSERT INTO t VALUES (?)", name);
        co_await settle();
        co_await db->execute("INSERT INTO t VALUES (?)", name);
      };
      co_await with_transaction(*db, body);
    };
    auto body = [&](task_group& group) {
      spawn(group, [&] { return twice("a"); });
      spawn(group, [&] { return twice("b"); });
      spawn(group, [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES ('c')"); });
      spawn(group, [&] { return twice("d"); });
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await value_of<std::string>(*db, "SELECT group_concat(x, '') FROM t"), "aabbcdd");
  });
}

TEST_P(TransactionTest, OthersWaitForTheOutermost) {
  run([&]() -> task<> {
    const auto db = co_await open_table(restless());
    const auto insert = [&](const char* x) -> task<> {
      co_await db->execute("INSERT INTO t VALUES (?)", x);
    };
    auto inner = [&]() -> task<> {
      co_await insert("a");
      co_await settle();
    };
    auto nested = [&]() -> task<> {
      co_await with_transaction(*db, inner);
      co_await settle();
      co_await with_transaction(*db, inner);
    };
    auto other = [&]() -> task<> { co_await insert("b"); };
    auto body = [&](task_group& group) {
      spawn(group, [&]() -> task<> { co_await with_transaction(*db, nested); });
      spawn(group, [&]() -> task<> { co_await with_transaction(*db, other); });
      spawn(group, [&]() -> task<> { co_await insert("c"); });
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await value_of<std::string>(*db, "SELECT group_concat(x, '') FROM t"), "aabc");
  });
}

TEST_P(TransactionTest, CancelledAnywhereItIsCommittedOrUndone) {
  run([&]() -> task<> {
    const auto db = co_await open_table(restless());
    unsigned cancelled_runs = 0;
    for (unsigned k = 0;; ++k) {
      bool committed = false;
      auto insert_one = [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES (0)"); };
      auto insert_three = [&]() -> task<> {
        co_await with_transaction(*db, insert_one);
        for (int i = 1; i < 3; ++i) {
          co_await db->execute("INSERT INTO t VALUES (?)", i);
          co_await checkpoint();
        }
      };
      std::optional<child<>> victim;
      auto body = [&](task_group& group) -> task<> {
        victim.emplace(spawn(group, [&]() -> task<> {
          co_await with_transaction(*db, insert_three);
          committed = true;
        }));
        co_await steps(*victim, k);
        victim->cancel();
      };
      co_await with_task_group(body);
      EXPECT_EQ(co_await count(*db), committed ? 3 : 0) << "cancelled at " << k;
      const bool was_cancelled = victim->record().cancel_requested();
      if (!was_cancelled || testing::Test::HasFailure()) break;
      if (!committed) ++cancelled_runs;
      co_await db->execute("DELETE FROM t");
    }
    EXPECT_GE(cancelled_runs, 5U);  // begin, three inserts and commit, at the least
    EXPECT_EQ(co_await value_of<std::string>(*db, "PRAGMA integrity_check"), "ok");
  });
}

}  // namespace
}  // namespace crossfade::sqlite
