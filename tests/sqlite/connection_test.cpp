#include "compat/sqlite/connection.hpp"

#include "compat/on_fiber.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <limits>

namespace crossfade::sqlite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ConnectionTest : public sqlite_test {};
INSTANTIATE_TEST_SUITE_P(Hosts, ConnectionTest, settings(), setting_name);

TEST_P(ConnectionTest, GivesBackWhatItWasGiven) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (v)");
    const std::vector<value> all{
        nullptr,
        std::int64_t{0},
        std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max(),
        0.1,
        std::numeric_limits<double>::max(),
        std::numeric_limits<double>::denorm_min(),
        -std::numeric_limits<double>::infinity(),
        "",
        "naïve ☃ \U0001F600",
        std::string("a\0b", 3),
        blob{},
        blob{std::byte{0}, std::byte{255}, std::byte{0}},
    };
    for (const value& v : all) co_await db->execute("INSERT INTO t VALUES (?)", v);
    std::vector<value> back;
    for (const row& r : co_await db->query("SELECT v FROM t ORDER BY rowid"))
      back.push_back(r.get<value>(0));
    EXPECT_EQ(back, all);
  });
}

TEST_P(ConnectionTest, TakesEachTypeAsItsStorageClass) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    const std::string text = "s";
    const std::string_view nothing;
    const auto rows = co_await db->query(
        "SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), "
        "typeof(?)",
        true, 1U, 1.5F, "literal", text, nothing, std::optional<int>(), blob{});
    EXPECT_EQ((rows[0]
                   .as<std::string, std::string, std::string, std::string, std::string, std::string,
                       std::string, std::string>()),
              std::tuple("integer", "integer", "real", "text", "text", "text", "null", "blob"));
  });
}

TEST_P(ConnectionTest, NamesColumnsAndReadsRowsAsTuples) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    const auto rows = co_await db->query("SELECT 1 AS id, 'eth' AS asset UNION SELECT 2, NULL");
    EXPECT_THAT(rows.at(0).columns(), ElementsAre("id", "asset"));
    EXPECT_EQ((rows.at(0).as<int, std::string>()), std::tuple(1, "eth"));
    EXPECT_EQ((rows.at(1).as<int, std::optional<std::string>>()), std::tuple(2, std::nullopt));
    EXPECT_THAT(co_await db->query("SELECT 1 WHERE false"), IsEmpty());
  });
}

TEST_P(ConnectionTest, CountsWhatAStatementChanged) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    EXPECT_EQ((co_await db->execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")).rows_changed, 0);
    const executed inserted = co_await db->execute("INSERT INTO t VALUES (5), (6), (7)");
    EXPECT_EQ(inserted.rows_changed, 3);
    EXPECT_EQ(inserted.last_insert_rowid, 7);
    EXPECT_EQ((co_await db->execute("UPDATE t SET id = -id WHERE id > ?", 5)).rows_changed, 2);
    EXPECT_EQ((co_await db->execute("CREATE TABLE u (x)")).rows_changed, 0);
  });
}

TEST_P(ConnectionTest, SaysWhereAStatementIsWrong) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    const error e = co_await error_of([&]() -> task<> { co_await db->query("SELECT x FROM y"); });
    EXPECT_EQ(e.code(), SQLITE_ERROR);
    EXPECT_EQ(e.sql(), "SELECT x FROM y");
    EXPECT_EQ(e.what(), path() + ": no such table: y (code 1), in: SELECT x FROM y");

    const error typo = co_await error_of([&]() -> task<> { co_await db->execute("SELECT 1 !"); });
    EXPECT_EQ(typo.offset(), 9U);
    EXPECT_THAT(typo.what(), HasSubstr("at byte 9 of: SELECT 1 !"));
  });
}

TEST_P(ConnectionTest, GivesTheExtendedCode) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute_script(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
        "CREATE TABLE child (parent REFERENCES parent, name UNIQUE);"
        "INSERT INTO child VALUES (NULL, 'a');");
    const error unique = co_await error_of(
        [&]() -> task<> { co_await db->execute("INSERT INTO child VALUES (NULL, ?)", "a"); });
    EXPECT_EQ(unique.code(), SQLITE_CONSTRAINT_UNIQUE);
    EXPECT_EQ(unique.primary_code(), SQLITE_CONSTRAINT);
    EXPECT_THAT(unique.what(), HasSubstr("UNIQUE constraint failed: child.name"));

    const error foreign = co_await error_of(
        [&]() -> task<> { co_await db->execute("INSERT INTO child VALUES (?, 'b')", 7); });
    EXPECT_EQ(foreign.code(), SQLITE_CONSTRAINT_FOREIGNKEY);
  });
}

TEST_P(ConnectionTest, OpensAsAsked) {
  run([&]() -> task<> {
    const auto wal = co_await open_file({.busy_timeout = 1s});
    EXPECT_EQ(co_await value_of<std::string>(*wal, "PRAGMA journal_mode"), "wal");
    EXPECT_TRUE(co_await value_of<bool>(*wal, "PRAGMA foreign_keys"));
    co_await wal->execute("CREATE TABLE t (x)");

    const auto reader = co_await open_file({.foreign_keys = false, .read_only = true});
    EXPECT_FALSE(co_await value_of<bool>(*reader, "PRAGMA foreign_keys"));
    const error e = co_await error_of(
        [&]() -> task<> { co_await reader->execute("INSERT INTO t VALUES (1)"); });
    EXPECT_EQ(e.primary_code(), SQLITE_READONLY);

    const auto memory = co_await open(how(), ":memory:");
    EXPECT_EQ(co_await value_of<std::string>(*memory, "PRAGMA journal_mode"), "memory");
  });
}

TEST_P(ConnectionTest, SaysWhichFileCannotBeOpened) {
  run([&]() -> task<> {
    const error e = co_await error_of(
        [&]() -> task<> { co_await open(how(), path("no such folder/test.db")); });
    EXPECT_EQ(e.primary_code(), SQLITE_CANTOPEN);
    EXPECT_THAT(e.what(), StartsWith(path("no such folder/test.db") + ": "));
  });
}

TEST_P(ConnectionTest, WantsAValueForEachParameter) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await db->query("SELECT ?, ?", 1); }),
              "usage_error: " + path() +
                  ": a statement with 2 parameters is given 1 values, in: SELECT ?, ?");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await db->query("SELECT 1", 1); }),
                HasSubstr("0 parameters is given 1 values"));
  });
}

TEST_P(ConnectionTest, RunsOneStatementOrAScript) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await db->execute("SELECT 1; SELECT 2"); }),
        HasSubstr("After the first:  SELECT 2"));
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await db->execute(" -- nothing"); }),
                HasSubstr("an empty statement"));
    co_await db->execute("CREATE TABLE t (x); -- and no more");

    co_await db->execute_script(
        ";; INSERT INTO t VALUES (1); /* */ INSERT INTO t VALUES (2);\n -- end");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT sum(x) FROM t"), 3);
    co_await db->execute_script("");

    const error e = co_await error_of([&]() -> task<> {
      co_await db->execute_script("INSERT INTO t VALUES (4); INSERT INTO u VALUES (8);");
    });
    EXPECT_EQ(e.sql(), " INSERT INTO u VALUES (8);");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT sum(x) FROM t"), 7);
  });
}

TEST_P(ConnectionTest, PreparedStatementsRunManyTimes) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (x INTEGER PRIMARY KEY)");
    auto insert = co_await db->prepare("INSERT INTO t VALUES (?)");
    auto select = co_await db->prepare("SELECT * FROM t WHERE x = ?");
    for (int i = 0; i < 10; ++i) EXPECT_EQ((co_await insert.execute(i)).last_insert_rowid, i);
    EXPECT_EQ((co_await select.query(7)).at(0).get<int>(0), 7);
    EXPECT_THAT(co_await select.query(10), IsEmpty());

    // A statement that fails, and one whose table changes, are as good as new.
    EXPECT_EQ((co_await error_of([&]() -> task<> { co_await insert.execute(7); })).code(),
              SQLITE_CONSTRAINT_PRIMARYKEY);
    EXPECT_EQ((co_await insert.execute(10)).rows_changed, 1);
    co_await db->execute("ALTER TABLE t ADD COLUMN y DEFAULT 'new'");
    const auto rows = co_await select.query(10);
    EXPECT_THAT(rows.at(0).columns(), ElementsAre("x", "y"));
    EXPECT_EQ((rows.at(0).as<int, std::string>()), std::tuple(10, "new"));

    const auto moved = std::move(insert);
    select = co_await db->prepare("SELECT count(*) FROM t");
    EXPECT_EQ((co_await select.query()).at(0).get<int>(0), 11);
  });
}

TEST_P(ConnectionTest, RollsBackATransactionThatNobodyWouldEnd) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (x)");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await db->execute("BEGIN IMMEDIATE"); }),
                HasSubstr("left a transaction open, which was rolled back; expected with_tran"));
    const error e = co_await error_of([&]() -> task<> {
      co_await db->execute_script("BEGIN; INSERT INTO t VALUES (1); INSERT INTO u VALUES (2);");
    });
    EXPECT_THAT(e.what(), HasSubstr("no such table: u"));
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 0);

    co_await db->execute_script("BEGIN; INSERT INTO t VALUES (1); COMMIT;");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 1);
  });
}

TEST_P(ConnectionTest, ClosesAfterTheWorkThatWasQueued) {
  std::vector<std::string> late;
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (x)");
    auto insert = [&]() -> task<> { co_await db->execute("INSERT INTO t VALUES (1)"); };
    auto insert_late = [&]() -> task<> { late.push_back(co_await outcome_of(insert)); };
    auto body = [&](task_group& group) {
      for (int i = 0; i < 8; ++i) spawn(group, insert);
      spawn(group, [&]() -> task<> { co_await db->close(); });
      for (int i = 0; i < 2; ++i) spawn(group, insert_late);
    };
    co_await with_task_group(body);
    EXPECT_FALSE(db->is_open());
    co_await db->close();
  });
  const std::string closed = "sqlite::connection_closed: " + path() + ": the connection is closed";
  EXPECT_THAT(late, ElementsAre(closed, closed));
  run([&]() -> task<> {
    const auto db = co_await open_file();
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 8);
  });
}

TEST_P(ConnectionTest, StatementsMayGoAfterTheirConnectionWasClosed) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    auto statement = co_await db->prepare("SELECT 1");
    co_await db->close();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await statement.query(); }),
                HasSubstr("the connection is closed"));
    // The file is let go: whoever closes last removes the write-ahead log.
    EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
  });
}

TEST_P(ConnectionTest, ServesBlockingText) {
  std::string found;
  auto text = [&] {
    const auto db = await(open(how(), path()));
    await(db->execute("CREATE TABLE t (name)"));
    auto insert = await(db->prepare("INSERT INTO t VALUES (?)"));
    await(with_transaction(*db, [&] {
      await(insert.execute("one"));
      await(insert.execute("two"));
    }));
    for (const row& r : await(db->query("SELECT name FROM t"))) found += r.get<std::string>(0);
    await(db->close());
  };
  run([&]() -> task<> { co_await on_fiber(text); });
  EXPECT_EQ(found, "onetwo");
}

}  // namespace
}  // namespace crossfade::sqlite
