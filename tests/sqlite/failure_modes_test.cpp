// What has gone wrong in production where tasks shared a database, and does not here. The failure
// is above each test; others are shown by the tests of the class that prevents them.

#include "compat/cleanup.hpp"
#include "compat/event.hpp"
#include "compat/sqlite/pool.hpp"
#include "compat/timeout.hpp"
#include "tests/sqlite/sqlite_test.hpp"

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct gave_up {};

class FailureModesTest : public sqlite_test {
 protected:
  task<std::unique_ptr<connection>> open_numbers(const driver& by) {
    auto db = co_await open(by, path());
    co_await db->execute("CREATE TABLE t (x)");
    co_await db->execute(
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) "
        "SELECT i FROM n");
    co_return db;
  }
  task<std::unique_ptr<pool>> open_empty(std::size_t readers = 1) {
    auto db = co_await open_pool(how(), path(), {.readers = readers});
    co_await db->execute("CREATE TABLE t (x)");
    co_return db;
  }
  static task<int> count(pool& db) {
    const std::vector<row> rows = co_await db.query("SELECT count(*) FROM t");
    co_return rows.at(0).get<int>(0);
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, FailureModesTest, settings(), setting_name);

// A task yields inside of SQLite, another sets up or commits the same handle: a crash.
TEST_P(FailureModesTest, WhatChangesAConnectionWaitsForTheStatementThatStands) {
  run([&]() -> task<> {
    const auto db = co_await open_numbers(restless());
    std::vector<std::string> order;
    auto body = [&](task_group& group) {
      spawn(group, [&]() -> task<> {
        const int pairs =
            co_await value_of<int>(*db, "SELECT count(*) FROM t a, t b WHERE a.x > 1");
        EXPECT_EQ(pairs, 9900);
        order.emplace_back("query");
      });
      spawn(group, [&]() -> task<> {
        co_await db->execute("PRAGMA cache_size = 7");
        order.emplace_back("pragma");
      });
      spawn(group, [&]() -> task<> {
        auto insert = [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES (0)"); };
        co_await with_transaction(*db, insert);
        order.emplace_back("commit");
      });
      spawn(group, [&]() -> task<> {
        const statement prepared = co_await db->prepare("SELECT 1");
        order.emplace_back("prepare");
      });
      spawn(group, [&]() -> task<> {
        co_await db->close();
        order.emplace_back("close");
      });
    };
    co_await with_task_group(body);
    EXPECT_THAT(order, testing::ElementsAre("query", "pragma", "commit", "prepare", "close"));
  });
}

// A commit or a rollback resets the statements that others have read half of: rows come twice, or
// those of other parameters, and nobody is told.
TEST_P(FailureModesTest, NeitherACommitNorARollbackDisturbsWhoReads) {
  run([&]() -> task<> {
    const auto db = co_await open_numbers(restless());
    bool reading = true;
    int ended = 0;
    auto write = [&]() -> task<> {
      while (reading) {
        auto body = [&]() -> task<> {
          co_await db->execute("UPDATE t SET x = x + 100");
          co_await db->execute("UPDATE t SET x = x - 100");
          if (++ended % 2 == 0) throw gave_up();
        };
        try {
          co_await with_transaction(*db, body);
        } catch (const gave_up&) {
        }
      }
    };
    auto read = [&](int digit) -> task<> {
      for (int i = 0; i < 5; ++i) {
        std::vector<int> seen;
        std::vector<int> expected;
        for (const row& r : co_await db->query("SELECT x FROM t WHERE x % 10 = ?", digit))
          seen.push_back(r.get<int>(0));
        for (int x = digit; x < 100; x += 10) expected.push_back(x);
        EXPECT_EQ(seen, expected);
      }
    };
    auto body = [&](task_group& group) -> task<> {
      std::vector<child<>> readers;
      spawn(group, write);
      for (int digit = 1; digit < 4; ++digit)
        readers.push_back(spawn(group, [&read, digit] { return read(digit); }));
      for (child<>& reader : readers) co_await reader.join();
      reading = false;
    };
    co_await with_task_group(body);
    EXPECT_GT(ended, 2);
  });
}

// A task commits that has no transaction, and with it half of that of another.
TEST_P(FailureModesTest, ACommitIsOnlyThatOfTheTasksOwnTransaction) {
  run([&]() -> task<> {
    const auto db = co_await open_empty();
    event half;
    event go_on;
    auto write = [&](connection& writer) -> task<> {
      co_await writer.execute("INSERT INTO t VALUES (1)");
      half.set();
      co_await go_on.wait();
      throw gave_up();
    };
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> {
        try {
          co_await with_transaction(*db, write);
        } catch (const gave_up&) {
        }
      });
      co_await half.wait();
      spawn(group, [&]() -> task<> {
        const error e = co_await error_of([&]() -> task<> { co_await db->execute("COMMIT"); });
        EXPECT_THAT(e.what(), HasSubstr("no transaction is active"));
      });
      co_await settle();
      go_on.set();
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await count(*db), 0);
  });
}

// A handler of all errors takes the kill for one of them, or the rollback is only for those: the
// transaction stays open.
TEST_P(FailureModesTest, AHandlerOfAllErrorsDoesNotCatchACancellation) {
  run([&]() -> task<> {
    const auto db = co_await open_empty();
    bool swallowed = false;
    event inserted;
    event never;
    auto write = [&](connection& writer) -> task<> {
      try {
        co_await writer.execute("INSERT INTO t VALUES (1)");
        inserted.set();
        co_await never.wait();
      } catch (const std::exception&) {
        swallowed = true;
      }
    };
    auto body = [&](task_group& group) -> task<> {
      auto victim = spawn(group, [&]() -> task<> { co_await with_transaction(*db, write); });
      co_await inserted.wait();
      victim.cancel();
    };
    co_await with_task_group(body);
    EXPECT_FALSE(swallowed);
    EXPECT_EQ(co_await count(*db), 0);
    co_await db->execute("INSERT INTO t VALUES (2)");
    EXPECT_EQ(co_await count(*db), 1);
  });
}

// A script commits by itself, the savepoint's release fails, and the right to write is never given
// back: whoever writes waits until the program is restarted.
TEST_P(FailureModesTest, AReleaseThatFailsGivesTheWriterBack) {
  run([&]() -> task<> {
    const auto db = co_await open_empty();
    auto script = [](connection& writer) -> task<> { co_await writer.execute_script("COMMIT"); };
    auto outer = [&](connection&) -> task<> { co_await with_transaction(*db, script); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, outer); }),
                HasSubstr("whose transaction is over"));
    auto body = [&](task_group& group) {
      for (int i = 0; i < 3; ++i)
        spawn(group, [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES (1)"); });
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await count(*db), 3);
  });
}

// What must be undone, a DETACH, waits for the connection and is cancelled there: the other file
// stays attached for good.
TEST_P(FailureModesTest, DetachesWhereverTheTaskIsCancelled) {
  run([&]() -> task<> {
    const auto db = co_await open_numbers(restless());
    const std::string other = path("other.db");
    for (unsigned k = 0; !HasFailure(); ++k) {
      auto attached = [&]() -> task<> {
        co_await db->execute("CREATE TABLE IF NOT EXISTS other.u (x)");
        co_await db->execute("INSERT INTO other.u VALUES (1)");
      };
      auto detach = [&]() -> task<> { co_await db->execute("DETACH other"); };
      auto transact = [&]() -> task<> { co_await checkpoint(); };
      std::optional<child<>> victim;
      bool done = false;
      auto body = [&](task_group& group) -> task<> {
        victim.emplace(spawn(group, [&]() -> task<> {
          co_await db->execute("ATTACH ? AS other", other);
          co_await try_finally(attached, detach);
        }));
        spawn(group, [&]() -> task<> {  // is before it, whenever it wants the connection
          while (!done) co_await with_transaction(*db, transact);
        });
        co_await steps(*victim, k);
        victim->cancel();
        while (!victim->done()) co_await checkpoint();
        done = true;
      };
      co_await with_task_group(body);
      EXPECT_THAT(co_await db->query("PRAGMA database_list"), SizeIs(1)) << "cancelled at " << k;
      if (!victim->record().cancel_requested()) break;
    }
  });
}

// One task has a reader and wants to write, another writes and wants to read: each waits for the
// other.
TEST_P(FailureModesTest, ReaderAndWriterMayBeTakenInEitherOrder) {
  run([&]() -> task<> {
    const auto db = co_await open_empty(1);
    event reads;
    event writes;
    auto read_in_transaction = [&](connection&) -> task<> {
      writes.set();
      co_await reads.wait();
      EXPECT_EQ(co_await count(*db), 0);
    };
    auto write_in_read = [&](connection&) -> task<> {
      reads.set();
      co_await writes.wait();
      co_await db->execute("INSERT INTO t VALUES (1)");
    };
    auto body = [&](task_group& group) {
      spawn(group, [&]() -> task<> { co_await with_transaction(*db, read_in_transaction); });
      spawn(group, [&]() -> task<> { co_await with_reader(*db, write_in_read); });
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await count(*db), 1);
  });
}

// Two databases are written in either order: all stands still, and nothing says why.
TEST_P(FailureModesTest, TwoDatabasesWrittenCrosswiseAreReportedAsACycle) {
  std::size_t cycles = 0;
  try {
    run([&]() -> task<> {
      const auto one = co_await open_pool(how(), path("one.db"));
      const auto other = co_await open_pool(how(), path("other.db"));
      event first;
      event second;
      auto nothing = [](connection&) {};
      auto one_then_other = [&](connection&) -> task<> {
        first.set();
        co_await second.wait();
        co_await with_transaction(*other, nothing);
      };
      auto other_then_one = [&](connection&) -> task<> {
        second.set();
        co_await first.wait();
        co_await with_transaction(*one, nothing);
      };
      auto body = [&](task_group& group) {
        spawn(group, [&]() -> task<> { co_await with_transaction(*one, one_then_other); });
        spawn(group, [&]() -> task<> { co_await with_transaction(*other, other_then_one); });
      };
      co_await with_task_group(body);
    });
  } catch (const deadlock& d) {
    cycles = d.graph().cycles().size();
  }
  EXPECT_EQ(cycles, 1U);
}

// Long statements have all the threads there are, and nothing else is served.
TEST_P(FailureModesTest, LongStatementsOnEveryConnectionKeepNoOtherDatabaseWaiting) {
  run([&]() -> task<> {
    const auto db = co_await open_empty(4);
    const auto other = co_await open(how(), path("other.db"));
    auto run_long = [](connection& each) -> task<> { co_await each.query(endless); };
    auto body = [&](task_group& group) -> task<> {
      std::vector<child<>> long_ones;
      for (int i = 0; i < 4; ++i)
        long_ones.push_back(spawn(group, [&]() -> task<> { co_await with_reader(*db, run_long); }));
      long_ones.push_back(
          spawn(group, [&]() -> task<> { co_await with_transaction(*db, run_long); }));
      co_await checkpoint();
      co_await other->execute("CREATE TABLE u (x)");
      EXPECT_EQ(co_await value_of<int>(*other, "SELECT count(*) FROM u"), 0);
      for (child<>& one : long_ones) {
        EXPECT_FALSE(one.done());
        one.cancel();
      }
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await count(*db), 0);
  });
}

// An exception passes where the progress handler was off, and no statement is ever interrupted
// again.
TEST_P(FailureModesTest, AStatementCanBeEndedAlsoAfterOthersHaveFailed) {
  run([&]() -> task<> {
    const auto db = co_await open_numbers(how());
    co_await db->execute("CREATE UNIQUE INDEX i ON t (x)");
    auto failing = [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES (1)"); };
    auto inner = [&]() -> task<> { co_await with_transaction(*db, failing); };
    auto run_long = [&]() -> task<> { co_await db->query(endless); };
    for (int i = 0; i < 2; ++i) {
      const error e = co_await error_of([&]() -> task<> { co_await with_transaction(*db, inner); });
      EXPECT_EQ(e.code(), SQLITE_CONSTRAINT_UNIQUE);
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(5ms, run_long); }),
                  HasSubstr("timeout_error"));
    }
  });
}

}  // namespace
}  // namespace crossfade::sqlite
