#include "compat/sqlite/collation.hpp"

#include "tests/sqlite/sqlite_test.hpp"

#include <compare>
#include <string_view>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;

std::strong_ordering by_length(std::string_view a, std::string_view b) {
  return a.size() <=> b.size();
}
// As `by_length` until "poison" comes.
std::weak_ordering by_length_or_throw(std::string_view a, std::string_view b) {
  if (a == "poison" || b == "poison") throw 42;
  return by_length(a, b);
}

class CollationTest : public sqlite_test {
 protected:
  static task<int> thrown_by(connection& db, std::string sql) {
    try {
      co_await db.execute(sql);
    } catch (int thrown) {
      co_return thrown;
    }
    co_return 0;
  }
  // A table with an index whose order fails on "poison".
  task<std::unique_ptr<connection>> open_ordered() {
    auto db = co_await open_file();
    co_await db->create_collation("length", by_length_or_throw);
    co_await db->execute_script(
        "CREATE TABLE t (x TEXT COLLATE length); CREATE INDEX i ON t (x);"
        "INSERT INTO t VALUES ('a'), ('bbb');");
    co_return db;
  }
  static task<std::string> texts(connection& db) {
    co_return co_await value_of<std::string>(db, "SELECT group_concat(x) FROM t");
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, CollationTest, settings(), setting_name);

TEST_P(CollationTest, OrdersTexts) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    co_await db->create_collation("length", by_length);
    EXPECT_EQ(co_await value_of<std::string>(
                  *db,
                  "SELECT group_concat(x) FROM (WITH t(x) AS (VALUES ('bbb'), ('a'), ('cc'), "
                  "('')) SELECT x FROM t ORDER BY x COLLATE length)"),
              ",a,cc,bbb");
    EXPECT_TRUE(co_await value_of<bool>(*db, "SELECT 'aa' = 'bb' COLLATE length"));
  });
}

TEST_P(CollationTest, WhatItThrowsComesOutOfTheStatement) {
  run([&]() -> task<> {
    const auto db = co_await open_ordered();
    EXPECT_EQ(co_await thrown_by(*db, "SELECT x FROM t WHERE x = 'poison'"), 42);
    EXPECT_EQ(co_await thrown_by(*db, "SELECT 'poison' < 'a' COLLATE length"), 42);
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await db->query("SELECT none"); }),
                HasSubstr("no such column"));
    EXPECT_EQ(co_await texts(*db), "a,bbb");
  });
}

TEST_P(CollationTest, ThatThrowsLeavesNoEntryWithoutAnOrder) {
  run([&]() -> task<> {
    const auto db = co_await open_ordered();
    EXPECT_EQ(co_await thrown_by(*db, "INSERT INTO t VALUES ('poison')"), 42);
    EXPECT_EQ(co_await thrown_by(*db, "INSERT INTO t VALUES ('poison') RETURNING x"), 42);
    EXPECT_EQ(co_await thrown_by(*db, "UPDATE OR IGNORE t SET x = 'poison'"), 42);
    EXPECT_EQ(co_await texts(*db), "a,bbb");
    EXPECT_EQ(co_await value_of<std::string>(*db, "PRAGMA integrity_check"), "ok");
    co_await db->execute("INSERT INTO t VALUES ('cc')");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 3);
  });
}

TEST_P(CollationTest, ThatThrowsEndsTheTransactionOfAStatementThatWrites) {
  run([&]() -> task<> {
    const auto db = co_await open_ordered();
    auto body = [&]() -> task<> {
      co_await db->execute("INSERT INTO t VALUES ('cc')");
      EXPECT_EQ(co_await thrown_by(*db, "SELECT x FROM t WHERE x = 'poison'"), 42);
      EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 3);
      EXPECT_EQ(co_await thrown_by(*db, "INSERT INTO t VALUES ('poison')"), 42);
      co_await db->execute("INSERT INTO t VALUES ('dd')");
    };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_transaction(*db, body); }),
                HasSubstr("whose transaction is over"));
    EXPECT_EQ(co_await texts(*db), "a,bbb");
    EXPECT_EQ(co_await value_of<std::string>(*db, "PRAGMA integrity_check"), "ok");
  });
}

TEST_P(CollationTest, LivesUntilItIsReplacedOrTheConnectionCloses) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    const auto first = std::make_shared<int>(1);
    const auto second = std::make_shared<int>(2);
    auto forwards = [first](std::string_view a, std::string_view b) { return a <=> b; };
    auto backwards = [second](std::string_view a, std::string_view b) { return b <=> a; };
    co_await db->create_collation("c", forwards);
    EXPECT_EQ(first.use_count(), 3);
    co_await db->create_collation("c", backwards);
    EXPECT_EQ(first.use_count(), 2);
    EXPECT_TRUE(co_await value_of<bool>(*db, "SELECT 'b' < 'a' COLLATE c"));
    co_await db->close();
    EXPECT_EQ(second.use_count(), 2);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
