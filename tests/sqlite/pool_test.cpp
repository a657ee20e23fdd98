#include "compat/sqlite/pool.hpp"

#include "compat/event.hpp"
#include "compat/timeout.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <optional>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class PoolTest : public sqlite_test {
 protected:
  task<std::unique_ptr<pool>> open_table(std::size_t readers = 2) {
    auto db = co_await open_pool(restless(), path(), {.readers = readers});
    co_await db->execute("CREATE TABLE t (x)");
    co_return db;
  }
  static task<int> count(pool& db) {
    const std::vector<row> rows = co_await db.query("SELECT count(*) FROM t");
    co_return rows.at(0).get<int>(0);
  }
  static task<std::string> texts(pool& db) {
    const std::vector<row> rows = co_await db.query("SELECT group_concat(x, '') FROM t");
    co_return rows.at(0).get<std::string>(0);
  }
  static task<> insert(connection& db, std::string x) {
    co_await db.execute("INSERT INTO t VALUES (?)", x);
  }
  // A task that inserts `x`, lets others come, and inserts it again, in one transaction.
  void spawn_twice(task_group& group, pool& db, std::string x) {
    spawn(group, [&db, x]() -> task<> {
      auto body = [&x](connection& writer) -> task<> {
        co_await insert(writer, x);
        co_await settle();
        co_await insert(writer, x);
      };
      co_await with_transaction(db, body);
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, PoolTest, settings(), setting_name);

TEST_P(PoolTest, ReadsGoOnWhileOneWrites) {
  run([&]() -> task<> {
    const auto db = co_await open_table();
    event wrote;
    event looked;
    auto write = [&](connection& writer) -> task<> {
      co_await insert(writer, "a");
      wrote.set();
      co_await looked.wait();
    };
    auto body = [&](task_group& group) {
      spawn(group, [&]() -> task<> { co_await with_transaction(*db, write); });
      spawn(group, [&]() -> task<> {
        co_await wrote.wait();
        EXPECT_EQ(co_await count(*db), 0);
        looked.set();
      });
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await count(*db), 1);
    EXPECT_THAT(co_await db->close(), IsEmpty());
  });
}

TEST_P(PoolTest, AReaderDoesNotWrite) {
  run([&]() -> task<> {
    const auto db = co_await open_table();
    auto body = [](connection& reader) -> task<> { co_await insert(reader, "a"); };
    const error e = co_await error_of([&]() -> task<> { co_await with_reader(*db, body); });
    EXPECT_EQ(e.primary_code(), SQLITE_READONLY);
  });
}

TEST_P(PoolTest, WhoWritesReadsItsOwnWritesAlsoWhereItReadBefore) {
  run([&]() -> task<> {
    const auto db = co_await open_table(1);
    auto write = [&](connection& writer) -> task<> {
      co_await insert(writer, "a");
      EXPECT_EQ(co_await count(*db), 1);
      auto read = [&](connection& reader) { EXPECT_EQ(&reader, &writer); };
      co_await with_reader(*db, read);
    };
    auto read = [&](connection& reader) -> task<> {
      co_await with_transaction(*db, write);
      EXPECT_EQ(co_await value_of<int>(reader, "SELECT count(*) FROM t"), 1);
    };
    co_await with_reader(*db, read);
  });
}

TEST_P(PoolTest, ManyTasksThatNestReadsShareOneReader) {
  run([&]() -> task<> {
    const auto db = co_await open_table(1);
    int done = 0;
    auto read_twice = [&]() -> task<> {
      auto outer = [&](connection& first) -> task<> {
        co_await settle();
        auto inner = [&](connection& second) -> task<> {
          EXPECT_EQ(&second, &first);
          EXPECT_EQ(co_await count(*db), 0);
        };
        co_await with_reader(*db, inner);
      };
      co_await with_reader(*db, outer);
      ++done;
    };
    auto body = [&](task_group& group) {
      for (int i = 0; i < 8; ++i) spawn(group, read_twice);
    };
    co_await with_task_group(body);
    EXPECT_EQ(done, 8);
  });
}

// The rules of the model migration, in its words: write_ctx and savepoint_ctx are both
// `with_transaction` here.

TEST_P(PoolTest, WritingInsideOfOwnWritingIsASavepoint) {
  run([&]() -> task<> {
    const auto db = co_await open_table();
    auto failing = [&](connection& writer) -> task<> {
      co_await insert(writer, "b");
      throw std::runtime_error("no");
    };
    auto succeeding = [&](connection& writer) -> task<> { co_await insert(writer, "c"); };
    auto outer = [&](connection& writer) -> task<> {
      co_await insert(writer, "a");
      EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, failing); }),
                "exception: no");
      co_await with_transaction(*db, succeeding);
      co_await db->execute("INSERT INTO t VALUES ('d')");
    };
    co_await with_transaction(*db, outer);
    EXPECT_EQ(co_await texts(*db), "acd");
  });
}

TEST_P(PoolTest, WhatAnInnerOneCommittedGoesWithTheOuter) {
  run([&]() -> task<> {
    const auto db = co_await open_table();
    auto inner = [&](connection& writer) -> task<> { co_await insert(writer, "b"); };
    auto outer = [&](connection&) -> task<> {
      co_await with_transaction(*db, inner);
      throw 42;
    };
    int caught = 0;
    try {
      co_await with_transaction(*db, outer);
    } catch (int thrown) {
      caught = thrown;
    }
    EXPECT_EQ(caught, 42);
    EXPECT_EQ(co_await count(*db), 0);
  });
}

TEST_P(PoolTest, AnotherTasksWritingWaitsForTheWholeStack) {
  run([&]() -> task<> {
    const auto db = co_await open_table();
    auto part = [&](connection& writer) -> task<> {
      co_await insert(writer, "a");
      co_await settle();
    };
    auto whole = [&](connection&) -> task<> {
      co_await with_transaction(*db, part);
      co_await settle();
      co_await with_transaction(*db, part);
    };
    auto body = [&](task_group& group) {
      spawn(group, [&]() -> task<> { co_await with_transaction(*db, whole); });
      spawn_twice(group, *db, "b");
      spawn(group, [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES ('c')"); });
      spawn_twice(group, *db, "d");
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await texts(*db), "aabbcdd");
  });
}

TEST_P(PoolTest, WhoWaitsMayBeCancelledOrRunOutOfTime) {
  run([&]() -> task<> {
    const auto db = co_await open_table(1);
    event release;
    auto keep = [&](connection&) -> task<> { co_await release.wait(); };
    auto read = [&]() -> task<> { co_await count(*db); };
    auto write = [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES ('a')"); };
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> { co_await with_reader(*db, keep); });
      spawn(group, [&]() -> task<> { co_await with_transaction(*db, keep); });
      co_await settle();
      auto reading = spawn(group, read);
      auto writing = spawn(group, write);
      spawn(group, read);
      spawn(group, write);
      co_await settle();
      reading.cancel();
      writing.cancel();
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, read); }),
                  HasSubstr("timeout_error"));
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1ms, write); }),
                  HasSubstr("timeout_error"));
      release.set();
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await count(*db), 1);
  });
}

TEST_P(PoolTest, IsWholeWhereverATaskIsCancelled) {
  run([&]() -> task<> {
    const auto db = co_await open_table(1);
    for (unsigned k = 0;; ++k) {
      bool committed = false;
      auto part = [&](connection& writer) -> task<> { co_await insert(writer, "b"); };
      auto work = [&](connection& reader) -> task<> {
        EXPECT_EQ(co_await value_of<int>(reader, "SELECT count(*) FROM t"), 0);
        auto write = [&](connection& writer) -> task<> {
          co_await insert(writer, "a");
          co_await with_transaction(*db, part);
          co_await count(*db);
        };
        co_await with_transaction(*db, write);
        committed = true;
      };
      std::optional<child<>> victim;
      auto body = [&](task_group& group) -> task<> {
        victim.emplace(spawn(group, [&]() -> task<> { co_await with_reader(*db, work); }));
        co_await steps(*victim, k);
        victim->cancel();
      };
      co_await with_task_group(body);
      EXPECT_EQ(co_await count(*db), committed ? 2 : 0) << "cancelled at " << k;
      if (!victim->record().cancel_requested() || testing::Test::HasFailure()) break;
      co_await db->execute("DELETE FROM t");
    }
    EXPECT_THAT(co_await db->close(), IsEmpty());
  });
}

TEST_P(PoolTest, ClosedServesWhoHasAConnectionAndRefusesTheOthers) {
  run([&]() -> task<> {
    const auto db = co_await open_table(1);
    event release;
    std::string first;
    std::string second;
    auto keep = [&](connection& writer) -> task<> {
      co_await release.wait();
      co_await insert(writer, "a");
    };
    auto write = [&]() -> task<> { co_await with_transaction(*db, keep); };
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> { first = co_await outcome_of(write); });
      spawn(group, [&]() -> task<> { second = co_await outcome_of(write); });
      co_await settle();
      auto closing =
          spawn(group, [&]() -> task<> { EXPECT_THAT(co_await db->close(), IsEmpty()); });
      co_await settle();
      EXPECT_THAT(second, HasSubstr("connection_closed"));
      release.set();
      co_await closing.join();
    };
    co_await with_task_group(body);
    EXPECT_EQ(first, "nothing thrown");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await count(*db); }),
                HasSubstr("the pool of connections is closed"));
    const auto again = co_await open_file();
    EXPECT_EQ(co_await value_of<int>(*again, "SELECT count(*) FROM t"), 1);
  });
}

TEST_P(PoolTest, ClosedInterruptsWhatRunsTooLong) {
  run([&]() -> task<> {
    const auto db = co_await open_table();
    std::optional<error> failed;
    auto read = [](connection& reader) -> task<> { co_await reader.query(endless); };
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> {
        failed = co_await error_of([&]() -> task<> { co_await with_reader(*db, read); });
      });
      for (int i = 0; i < 10; ++i) co_await checkpoint();
      while (!(co_await db->close(20ms)).empty()) {
      }
    };
    co_await with_task_group(body);
    EXPECT_EQ(failed.value().code(), SQLITE_INTERRUPT);
  });
}

TEST_P(PoolTest, ClosedNamesWhoDoesNotGiveBack) {
  run([&]() -> task<> {
    const auto db = co_await open_table();
    event release;
    auto keep = [&](connection&) -> task<> { co_await release.wait(); };
    auto body = [&](task_group& group) -> task<> {
      spawn(group, [&]() -> task<> { co_await with_transaction(*db, keep); });
      co_await settle();
      EXPECT_EQ((co_await db->close(1ms)).size(), 1U);
      release.set();
    };
    co_await with_task_group(body);
  });
}

TEST_P(PoolTest, AConnectionIsClosedByThePoolAlone) {
  run([&]() -> task<> {
    const auto db = co_await open_pool(how(), path());
    auto close = [](connection& reader) -> task<> { co_await reader.close(); };
    EXPECT_EQ(
        co_await outcome_of([&]() -> task<> { co_await with_reader(*db, close); }),
        "usage_error: " + path() + ": close of a connection of a pool; expected pool.close()");
    co_await db->query("SELECT 1");
    EXPECT_TRUE((co_await db->close()).empty());
  });
}

TEST_P(PoolTest, PreparesEachConnection) {
  run([&]() -> task<> {
    std::vector<connection*> prepared;
    const auto db = co_await open_pool(how(), path(),
                                       {.readers = 3, .prepare = [&](connection& each) -> task<> {
                                          prepared.push_back(&each);
                                          co_await each.execute("PRAGMA cache_size = 7");
                                        }});
    EXPECT_EQ(prepared.size(), 4U);
    const std::vector<row> rows = co_await db->query("PRAGMA cache_size");
    EXPECT_EQ(rows.at(0).get<int>(0), 7);
  });
}

TEST_P(PoolTest, RefusesWhatCannotBeOne) {
  run([&]() -> task<> {
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await open_pool(how(), ":memory:"); }),
                HasSubstr("expected a file"));
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await open_pool(how(), path(), {.readers = 0}); }),
        HasSubstr("0 readers; expected at least 1"));
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await open_pool(how(), path("nowhere/x.db")); }),
        HasSubstr("sqlite::error"));
  });
}

}  // namespace
}  // namespace crossfade::sqlite
