#include "compat/sqlite/backup.hpp"

#include "compat/event.hpp"
#include "compat/sqlite/pool.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <vector>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;

class BackupTest : public sqlite_test {
 protected:
  // A database of some forty pages.
  task<std::unique_ptr<connection>> open_source(const connection_options& options = {}) {
    auto db = co_await open(restless(), path(), options);
    co_await db->execute_script(
        "CREATE TABLE t (x); INSERT INTO t WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300) SELECT randomblob(400) FROM n;");
    co_return db;
  }
  // The target as it was before: one table, one row.
  task<std::unique_ptr<connection>> open_old(const connection_options& options = {}) {
    auto db = co_await open(restless(), path("copy.db"), options);
    co_await db->execute_script("CREATE TABLE old (x); INSERT INTO old VALUES (1);");
    co_return db;
  }
  static task<int> count(connection& db) {
    co_return co_await value_of<int>(db, "SELECT count(*) FROM t");
  }
  static task<> expect_old(connection& db) {
    EXPECT_EQ(co_await value_of<int>(db, "SELECT x FROM old"), 1);
    EXPECT_EQ(co_await value_of<std::string>(db, "PRAGMA integrity_check"), "ok");
  }
  const backup_options small_steps_{.pages_per_step = 4};
};
INSTANTIATE_TEST_SUITE_P(Hosts, BackupTest, settings(), setting_name);

TEST_P(BackupTest, CopiesIntoAFileAndTellsHowFarItIs) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    std::vector<int> remaining;
    int total = 0;
    const backup_options options{.pages_per_step = 10, .progress = [&](const backup_progress& now) {
                                   remaining.push_back(now.remaining_pages);
                                   total = now.total_pages;
                                 }};
    co_await backup(*db, path("copy.db"), options);
    EXPECT_EQ(total, co_await value_of<int>(*db, "PRAGMA page_count"));
    EXPECT_GE(remaining.size(), 3U);
    EXPECT_EQ(remaining.front(), total - 10);
    EXPECT_TRUE(std::ranges::is_sorted(remaining, std::greater()));
    EXPECT_EQ(remaining.back(), 0);
    const auto copy = co_await open(how(), path("copy.db"));
    EXPECT_EQ(co_await count(*copy), 300);
    EXPECT_EQ(co_await value_of<std::string>(*copy, "PRAGMA integrity_check"), "ok");
  });
}

TEST_P(BackupTest, CopiesIntoAConnection) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    const auto memory = co_await open(how(), ":memory:");
    co_await memory->execute("CREATE TABLE old (x)");
    co_await backup(*db, *memory);
    EXPECT_EQ(co_await count(*memory), 300);
    co_await memory->execute("INSERT INTO t VALUES (1)");
    EXPECT_EQ(co_await count(*db), 300);
    co_await memory->execute("CREATE TABLE added (x)");
    co_await backup(*memory, *db);
    EXPECT_EQ(co_await count(*db), 301);
  });
}

TEST_P(BackupTest, WaitsForWhatItsTargetHasBegun) {
  run([&]() -> task<> {
    const auto from = co_await open_source();
    const auto to = co_await open(how(), path("copy.db"));
    int counted = 0;
    auto count_to_the_end = [&]() -> task<> {
      co_await to->query(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) "
          "SELECT count(*) FROM n");
      ++counted;
    };
    const backup_options look{.progress = [&](const backup_progress&) { EXPECT_EQ(counted, 3); }};
    auto body = [&](task_group& group) -> task<> {
      for (int i = 0; i < 3; ++i) spawn(group, count_to_the_end);
      co_await checkpoint();
      co_await backup(*from, *to, look);
    };
    co_await with_task_group(body);
    EXPECT_EQ(co_await count(*to), 300);
  });
}

TEST_P(BackupTest, OthersWriteBetweenItsStepsAndAreCopied) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    int steps_done = 0;
    const backup_options options{.pages_per_step = 1,
                                 .progress = [&](const backup_progress&) { ++steps_done; }};
    auto body = [&](task_group& group) {
      auto copying =
          spawn(group, [&]() -> task<> { co_await backup(*db, path("copy.db"), options); });
      spawn(group, [&]() -> task<> {
        while (steps_done < 3) co_await checkpoint();
        for (int i = 0; i < 5; ++i) co_await db->execute("INSERT INTO t VALUES (?)", i);
        co_await db->execute("UPDATE t SET x = 'new' WHERE rowid = 1");
        const int pages = co_await value_of<int>(*db, "PRAGMA page_count");
        EXPECT_LT(steps_done, pages);
      });
    };
    co_await with_task_group(body);
    const auto copy = co_await open(how(), path("copy.db"));
    EXPECT_EQ(co_await count(*copy), 305);
    EXPECT_EQ(co_await value_of<std::string>(*copy, "SELECT x FROM t WHERE rowid = 1"), "new");
    EXPECT_EQ(co_await value_of<std::string>(*copy, "PRAGMA integrity_check"), "ok");
  });
}

TEST_P(BackupTest, BeginsAnewWhereAnotherConnectionWrites) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    const int pages = co_await value_of<int>(*db, "PRAGMA page_count");
    int steps_done = 0;
    const backup_options options{
        .pages_per_step = 1, .progress = [&](const backup_progress&) {
          if (++steps_done != 3) return;
          sqlite3* other = nullptr;
          EXPECT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
          EXPECT_EQ(sqlite3_exec(other, "INSERT INTO t VALUES (1)", nullptr, nullptr, nullptr),
                    SQLITE_OK);
          sqlite3_close(other);
        }};
    co_await backup(*db, path("copy.db"), options);
    EXPECT_GT(steps_done, pages);
    const auto copy = co_await open(how(), path("copy.db"));
    EXPECT_EQ(co_await count(*copy), 301);
  });
}

TEST_P(BackupTest, CancelledAnywhereItLeavesTheTargetAsItWas) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    unsigned cancelled_runs = 0;
    for (unsigned k = 0;; ++k) {
      const auto old = co_await open_old({.wal = k % 2 == 0});
      std::optional<child<>> victim;
      bool finished = false;
      auto body = [&](task_group& group) -> task<> {
        victim.emplace(spawn(group, [&]() -> task<> {
          co_await backup(*db, path("copy.db"), small_steps_);
          finished = true;
        }));
        co_await steps(*victim, k);
        victim->cancel();
      };
      co_await with_task_group(body);
      if (finished) {
        EXPECT_EQ(co_await count(*old), 300);
      } else {
        co_await expect_old(*old);
        ++cancelled_runs;
      }
      const bool was_cancelled = victim->record().cancel_requested();
      co_await old->close();
      for (const char* ending : {"", "-wal", "-shm", "-journal"})
        std::filesystem::remove(path("copy.db") + ending);
      if (!was_cancelled || testing::Test::HasFailure()) break;
    }
    EXPECT_GE(cancelled_runs, 10U);
    EXPECT_EQ(co_await count(*db), 300);
  });
}

TEST_P(BackupTest, CancelledItGivesTheTargetBack) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    const auto old = co_await open_old();
    event began;
    const backup_options options{.pages_per_step = 1,
                                 .progress = [&](const backup_progress&) { began.set(); }};
    auto body = [&](task_group& group) -> task<> {
      auto victim = spawn(group, [&]() -> task<> { co_await backup(*db, *old, options); });
      co_await began.wait();
      victim.cancel();
    };
    co_await with_task_group(body);
    co_await expect_old(*old);
    co_await old->execute("INSERT INTO old VALUES (2)");
  });
}

TEST_P(BackupTest, EndsWhenItsSourceIsClosed) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    const auto old = co_await open_old();
    event began;
    const backup_options options{.pages_per_step = 1,
                                 .progress = [&](const backup_progress&) { began.set(); }};
    std::string seen;
    auto body = [&](task_group& group) {
      spawn(group, [&]() -> task<> {
        seen = co_await outcome_of([&]() -> task<> { co_await backup(*db, *old, options); });
      });
      spawn(group, [&]() -> task<> {
        co_await began.wait();
        co_await db->close();
      });
    };
    co_await with_task_group(body);
    EXPECT_THAT(seen, HasSubstr("the connection is closed"));
    co_await expect_old(*old);
  });
}

TEST_P(BackupTest, EndsWithWhatProgressThrows) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    const auto old = co_await open_old();
    const backup_options options{.pages_per_step = 1,
                                 .progress = [](const backup_progress&) { throw 42; }};
    int caught = 0;
    try {
      co_await backup(*db, path("copy.db"), options);
    } catch (int thrown) {
      caught = thrown;
    }
    EXPECT_EQ(caught, 42);
    co_await expect_old(*old);
  });
}

TEST_P(BackupTest, WaitsForALockedTargetUpToTheBusyTimeout) {
  run([&]() -> task<> {
    const auto db = co_await open_source({.busy_timeout = 20ms});
    const auto patient = co_await open_file();
    const auto old = co_await open_old();
    event locked;
    event failed;
    auto body = [&](task_group& group) {
      spawn(group, [&]() -> task<> {
        auto until_failed = [&]() -> task<> {
          locked.set();
          co_await failed.wait();
        };
        co_await with_transaction(*old, until_failed);
      });
      spawn(group, [&]() -> task<> {
        co_await locked.wait();
        const error e =
            co_await error_of([&]() -> task<> { co_await backup(*db, path("copy.db")); });
        EXPECT_EQ(e.primary_code(), SQLITE_BUSY);
        EXPECT_THAT(e.what(), HasSubstr(path("copy.db") + ": the backup fails"));
        auto waiting = spawn(group, [&]() -> task<> {
          co_await backup(*patient, path("copy.db"));
          EXPECT_EQ(co_await count(*old), 300);
        });
        co_await settle();
        EXPECT_FALSE(waiting.done());
        failed.set();
      });
    };
    co_await with_task_group(body);
  });
}

TEST_P(BackupTest, ACancellationEndsTheWaitForALockedTarget) {
  run([&]() -> task<> {
    const auto db = co_await open_source({.busy_timeout = 1h});
    const auto old = co_await open_old();
    auto body = [&]() -> task<> {
      auto cancel_one = [&](task_group& group) -> task<> {
        auto victim = spawn(group, [&]() -> task<> { co_await backup(*db, path("copy.db")); });
        co_await sleep(20ms);
        EXPECT_FALSE(victim.done());
        victim.cancel();
      };
      co_await with_task_group(cancel_one);
    };
    co_await with_transaction(*old, body);
    co_await expect_old(*old);
    EXPECT_EQ(co_await count(*db), 300);
  });
}

TEST_P(BackupTest, SaysWhatIsWrong) {
  run([&]() -> task<> {
    const auto db = co_await open_source();
    const auto outcome_into = [&](std::string target) -> task<std::string> {
      co_return co_await outcome_of([&]() -> task<> { co_await backup(*db, target); });
    };
    const error missing =
        co_await error_of([&]() -> task<> { co_await backup(*db, path("no/such.db")); });
    EXPECT_EQ(missing.primary_code(), SQLITE_CANTOPEN);
    std::ofstream(path("text.db")) << std::string(5000, 'x');
    const error text =
        co_await error_of([&]() -> task<> { co_await backup(*db, path("text.db")); });
    EXPECT_EQ(text.primary_code(), SQLITE_NOTADB);
    const auto reader = co_await open_file({.read_only = true});
    EXPECT_THAT(co_await outcome_into(path()), HasSubstr("into itself"));
    EXPECT_THAT(co_await outcome_into(":memory:"), HasSubstr("is no file"));
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await backup(*db, *reader); }),
                HasSubstr("into itself"));
    const backup_options no_pages{.pages_per_step = 0};
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await backup(*db, path("copy.db"), no_pages); }),
        HasSubstr("0 pages per step"));
    const auto memory = co_await open(how(), ":memory:");
    auto body = [&]() -> task<> {
      EXPECT_THAT(co_await outcome_into(path("copy.db")), HasSubstr("inside of with_transaction"));
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await backup(*memory, *db); }),
                  HasSubstr("inside of with_transaction"));
    };
    co_await with_transaction(*db, body);
    EXPECT_EQ(co_await count(*db), 300);
  });
}

TEST_P(BackupTest, CopiesFromThePoolsWriter) {
  run([&]() -> task<> {
    const auto db = co_await open_pool(how(), path());
    co_await db->execute("CREATE TABLE t (x)");
    auto body = [&](connection& writer) -> task<> {
      co_await backup(writer, path("copy.db"), small_steps_);
    };
    co_await with_writer(*db, body);
    const auto copy = co_await open(how(), path("copy.db"));
    EXPECT_EQ(co_await count(*copy), 0);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
