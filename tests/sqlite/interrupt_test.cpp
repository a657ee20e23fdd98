#include "compat/event.hpp"
#include "compat/shield.hpp"
#include "compat/timeout.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <random>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;

class InterruptTest : public sqlite_test {
 protected:
  static task<> turns(int count) {
    for (int i = 0; i < count; ++i) co_await checkpoint();
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, InterruptTest, settings(), setting_name);

// The loop would hang if the query kept it, or if the cancellation did not reach the query.
TEST_P(InterruptTest, OthersRunWhileAStatementDoesAndCanEndIt) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    std::string seen;
    auto body = [&](task_group& group) -> task<> {
      auto query = spawn(group, [&]() -> task<> {
        try {
          co_await db->query(endless);
        } catch (...) {
          seen = outcome(std::current_exception());
          throw;
        }
      });
      co_await turns(1000);
      EXPECT_FALSE(query.done());
      query.cancel("enough");
    };
    co_await with_task_group(body);
    EXPECT_EQ(seen, "cancelled: enough");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT 1"), 1);
  });
}

TEST_P(InterruptTest, TimeoutEndsAStatement) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    auto query = [&]() -> task<> { co_await db->query(endless); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(20ms, query); }),
                HasSubstr("timeout_error"));
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT 1"), 1);
  });
}

TEST_P(InterruptTest, TimeoutUndoesWhatTheStatementHadDone) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (x)");
    auto insert = [&]() -> task<> {
      co_await db->execute(
          "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
          "SELECT i FROM n");
    };
    auto in_transaction = [&]() -> task<> { co_await with_transaction(*db, insert); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(20ms, insert); }),
                HasSubstr("timeout_error"));
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await with_timeout(20ms, in_transaction); }),
        HasSubstr("timeout_error"));
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 0);
  });
}

TEST_P(InterruptTest, TimeoutEndsAScriptOfShortStatements) {
  run([&]() -> task<> {
    const auto db = co_await open(restless(), ":memory:");
    co_await db->execute("CREATE TABLE t (x)");
    constexpr int statements = 200'000;
    std::string script;
    for (int i = 0; i < statements; ++i) script += "INSERT INTO t VALUES (1);";
    auto text = [&]() -> task<> { co_await db->execute_script(script); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(10ms, text); }),
                HasSubstr("timeout_error"));
    EXPECT_LT(co_await value_of<int>(*db, "SELECT count(*) FROM t"), statements);
  });
}

TEST_P(InterruptTest, ACancelledWaiterLeavesTheStatementOfAnotherAlone) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    int counted = 0;
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> {
        counted = co_await value_of<int>(
            *db,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) "
            "SELECT count(*) FROM n");
      });
      auto waiter = spawn(group, [&]() -> task<> { co_await db->query("SELECT 1"); });
      co_await turns(3);
      waiter.cancel();
      co_await turns(3);
      EXPECT_TRUE(waiter.done());
      EXPECT_EQ(counted, 0);
    };
    co_await with_task_group(body);
    EXPECT_EQ(counted, 200000);
  });
}

TEST_P(InterruptTest, AShieldKeepsStatementsAndTransactionsWhole) {
  run([&]() -> task<> {
    const auto db = co_await open(restless(), path());
    co_await db->execute("CREATE TABLE t (x)");
    std::string ended;
    auto insert = [&]() -> task<> {
      co_await db->execute(
          "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
          "10000) SELECT i FROM n");
      co_await db->execute("INSERT INTO t VALUES (0)");
    };
    auto write = [&]() -> task<> { co_await with_transaction(*db, insert); };
    auto body = [&](task_group& group) -> task<> {
      auto victim = spawn(group, [&]() -> task<> {
        try {
          co_await shield(write);
          co_await checkpoint();
        } catch (...) {
          ended = outcome(std::current_exception());
          throw;
        }
      });
      co_await steps(victim, kind() == driver_kind::fiber ? 100 : 2);  // inside of a statement
      EXPECT_FALSE(victim.done());
      victim.cancel("not now");
    };
    co_await with_task_group(body);
    EXPECT_EQ(ended, "cancelled: not now");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 10001);
  });
}

TEST_P(InterruptTest, ManyShortStatementsLetOthersRun) {
  run([&]() -> task<> {
    const auto db = co_await open(restless(), path());
    int ticks = 0;
    auto body = [&](task_group& group) -> task<> {
      auto busy = spawn(group, [&]() -> task<> {
        for (int i = 0; i < 100; ++i) co_await db->query("SELECT 1");
      });
      while (!busy.done()) {
        co_await checkpoint();
        ++ticks;
      }
    };
    co_await with_task_group(body);
    EXPECT_GE(ticks, 100);
  });
}

// The holder of the lock is a task of the same loop: a wait that kept the loop would last until the
// time is up.
TEST_P(InterruptTest, WaitsForTheLockOfAnotherConnection) {
  run([&]() -> task<> {
    const auto one = co_await open_file({.busy_timeout = 1h});
    const auto other = co_await open_file({.busy_timeout = 1h});
    const auto hasty = co_await open_file({.busy_timeout = 3ms});
    co_await one->execute("CREATE TABLE t (x)");
    event locked;
    event let_go;
    bool inserted = false;
    auto hold = [&]() -> task<> {
      locked.set();
      co_await let_go.wait();
    };
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> { co_await with_transaction(*one, hold); });
      co_await locked.wait();
      const error e = co_await error_of(
          [&]() -> task<> { co_await hasty->execute("INSERT INTO t VALUES (0)"); });
      EXPECT_EQ(e.code(), SQLITE_BUSY);

      auto impatient =
          spawn(group, [&]() -> task<> { co_await other->execute("INSERT INTO t VALUES (1)"); });
      co_await turns(100);
      EXPECT_FALSE(impatient.done());
      impatient.cancel();
      while (!impatient.done()) co_await checkpoint();

      spawn(group, [&]() -> task<> {
        co_await other->execute("INSERT INTO t VALUES (2)");
        inserted = true;
      });
      co_await turns(100);
      EXPECT_FALSE(inserted);
      let_go.set();
    };
    co_await with_task_group(body);
    EXPECT_TRUE(inserted);
    EXPECT_EQ(co_await value_of<int>(*one, "SELECT sum(x) FROM t"), 2);
  });
}

// Whoever switches a file to the write-ahead log needs it for itself, and SQLite does not wait.
TEST_P(InterruptTest, OpeningWaitsForTheLockOfAnotherConnection) {
  run([&]() -> task<> {
    const auto one = co_await open_file({.wal = false});
    co_await one->execute("CREATE TABLE t (x)");
    event locked;
    event let_go;
    auto hold = [&]() -> task<> {
      co_await one->execute("INSERT INTO t VALUES (1)");
      locked.set();
      co_await let_go.wait();
    };
    std::unique_ptr<connection> other;
    auto open_patiently = [&]() -> task<> { other = co_await open_file({.busy_timeout = 1h}); };
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> { co_await with_transaction(*one, hold); });
      co_await locked.wait();
      const error e =
          co_await error_of([&]() -> task<> { co_await open_file({.busy_timeout = 3ms}); });
      EXPECT_EQ(e.code(), SQLITE_BUSY);

      auto impatient = spawn(group, open_patiently);
      co_await turns(100);
      EXPECT_FALSE(impatient.done());
      impatient.cancel();
      while (!impatient.done()) co_await checkpoint();

      auto patient = spawn(group, open_patiently);
      co_await turns(100);
      EXPECT_FALSE(patient.done());
      let_go.set();
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await value_of<int>(*other, "SELECT count(*) FROM t"), 1);
  });
}

TEST_P(InterruptTest, AStormOfCancellationsLeavesTheBooksBalanced) {
  constexpr int accounts = 8;
  constexpr int tasks = 6;
  run([&]() -> task<> {
    const auto a = co_await open(restless(), path());
    const auto b = co_await open(how(), path());
    for (const auto* db : {&a, &b}) co_await (*db)->execute("PRAGMA synchronous = OFF");
    co_await a->execute_script(
        "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
        "CREATE TABLE transfer (id INTEGER PRIMARY KEY);");
    for (int i = 0; i < accounts; ++i)
      co_await a->execute("INSERT INTO account VALUES (?, 1000)", i);

    std::mt19937 random(20240607);
    auto below = [&](int limit) {
      return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    int committed = 0;
    auto transfer = [&](connection& db) -> task<> {
      auto body = [&]() -> task<> {
        const int amount = 1 + below(10);
        co_await db.execute("UPDATE account SET balance = balance - ? WHERE id = ?", amount,
                            below(accounts));
        if (below(3) == 0) co_await checkpoint();
        co_await db.execute("UPDATE account SET balance = balance + ? WHERE id = ?", amount,
                            below(accounts));
        co_await db.execute("INSERT INTO transfer DEFAULT VALUES");
      };
      for (;;) {
        co_await with_transaction(db, body);
        ++committed;
      }
    };
    auto body = [&](task_group& group) -> task<> {
      std::vector<child<>> victims;
      victims.reserve(tasks);
      auto start = [&](int i) {
        connection& db = i % 2 == 0 ? *a : *b;
        return spawn(group, [&transfer, &db] { return transfer(db); });
      };
      for (int i = 0; i < tasks; ++i) victims.push_back(start(i));
      for (int strike = 0; strike < 80; ++strike) {
        const int i = below(tasks);
        auto& victim = victims[static_cast<std::size_t>(i)];
        co_await steps(victim, static_cast<unsigned>(below(kind() == driver_kind::fiber ? 60 : 5)));
        victim.cancel();
        victim = start(i);
      }
      for (auto& victim : victims) victim.cancel();
    };
    co_await with_task_group(body);

    for (const auto* db : {&a, &b}) {
      EXPECT_EQ(co_await value_of<int>(**db, "SELECT sum(balance) FROM account"), accounts * 1000);
      EXPECT_EQ(co_await value_of<int>(**db, "SELECT count(*) FROM transfer"), committed);
      EXPECT_EQ(co_await value_of<std::string>(**db, "PRAGMA integrity_check"), "ok");
    }
    EXPECT_GT(committed, 0);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
