#include "compat/sqlite/detail/statement_cache.hpp"

#include "tests/sqlite/handle_test.hpp"
#include "tests/sqlite/sqlite_test.hpp"

namespace crossfade::sqlite {
namespace {

class StatementCacheTest : public testing::Test {
 protected:
  StatementCacheTest() {
    handle_.open({.cached_statements = 2});
    cache_.set_capacity(2);
  }
  void TearDown() override { cache_.clear(); }  // before the handle closes

  never_stops hooks_;
  detail::handle handle_{":memory:", hooks_};
  detail::statement_cache cache_{handle_};
};

TEST_F(StatementCacheTest, KeepsTheOnesThatWereUsedLast) {
  const detail::prepared* one = &cache_.get("SELECT 1");
  cache_.get("SELECT 2");
  EXPECT_EQ(&cache_.get("SELECT 1"), one);
  cache_.get("SELECT 3");  // in place of SELECT 2
  EXPECT_EQ(&cache_.get("SELECT 1"), one);
  EXPECT_EQ(cache_.size(), 2U);
  EXPECT_EQ(cache_.get("SELECT 2").query({}).at(0).get<int>(0), 2);
  EXPECT_EQ(cache_.size(), 2U);
}

TEST_F(StatementCacheTest, KeepsAtLeastTheLast) {
  cache_.set_capacity(0);
  EXPECT_EQ(cache_.get("SELECT 1").query({}).at(0).get<int>(0), 1);
  EXPECT_EQ(cache_.get("SELECT 2").query({}).at(0).get<int>(0), 2);
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(StatementCacheTest, KeepsNothingThatIsNoStatement) {
  EXPECT_THROW(cache_.get("SELEC 1"), error);
  EXPECT_THROW(cache_.get("SELECT 1; SELECT 2"), usage_error);
  EXPECT_EQ(cache_.size(), 0U);
}

class CachedStatementTest : public sqlite_test {};
INSTANTIATE_TEST_SUITE_P(Hosts, CachedStatementTest, settings(), setting_name);

TEST_P(CachedStatementTest, IsCompiledAgainWhenTheSchemaHasChanged) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    co_await db->execute("CREATE TABLE t (a)");
    co_await db->execute("INSERT INTO t VALUES (1)");
    EXPECT_EQ((co_await db->query("SELECT * FROM t")).at(0).size(), 1U);
    const auto other = co_await open_file();
    co_await other->execute("ALTER TABLE t ADD COLUMN b DEFAULT 2");
    const std::vector<row> rows = co_await db->query("SELECT * FROM t");
    EXPECT_EQ((rows.at(0).as<int, int>()), std::tuple(1, 2));
    EXPECT_EQ(rows.at(0).columns().back(), "b");
    co_await other->execute("DROP TABLE t");
    const error e = co_await error_of([&]() -> task<> { co_await db->query("SELECT * FROM t"); });
    EXPECT_EQ(e.sql(), "SELECT * FROM t");
  });
}

TEST_P(CachedStatementTest, HoldsNoLockAndNoValueBetweenItsUses) {
  run([&]() -> task<> {
    const auto db = co_await open_file({.wal = false});
    co_await db->execute("CREATE TABLE t (a)");
    co_await db->execute("INSERT INTO t VALUES (?)", "first");
    co_await db->query("SELECT a FROM t WHERE a = ?", "first");
    const auto other = co_await open_file({.busy_timeout = 0ms, .wal = false});
    co_await other->execute("DELETE FROM t");
    EXPECT_EQ((co_await db->query("SELECT a FROM t WHERE a = ?", "first")).size(), 0U);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
