#include "compat/sqlite/pool.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace crossfade::sqlite {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A database and its folder, which nobody may write to; for root, who may, as somebody else.
class read_only {
 public:
  explicit read_only(std::filesystem::path file) : file_(std::move(file)) {
    ::chmod(file_.c_str(), 0444);
    ::chmod(file_.parent_path().c_str(), 0555);
    if (root_ && ::seteuid(65534) != 0) throw std::runtime_error("seteuid");
  }
  ~read_only() {
    if (root_) {
      static_cast<void>(::seteuid(0));
      ::prctl(PR_SET_DUMPABLE, 1);  // as it was, for who looks for leaks
    }
    ::chmod(file_.parent_path().c_str(), 0700);
    ::chmod(file_.c_str(), 0600);
  }
  read_only(const read_only&) = delete;
  read_only& operator=(const read_only&) = delete;

 private:
  const std::filesystem::path file_;
  const bool root_ = ::geteuid() == 0;
};

class DamagedFileTest : public sqlite_test {
 protected:
  static constexpr int rows = 200;

  /// Two tables: `t` with the numbers to 200 and their texts, `other` with one row.
  task<> fill(bool wal) {
    const auto db = co_await open_file({.wal = wal});
    co_await db->execute_script(
        "CREATE TABLE t (x, filling); CREATE TABLE other (x); INSERT INTO other VALUES (7);");
    co_await db->execute(
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
        "SELECT i, hex(zeroblob(100)) FROM n",
        rows);
    co_await db->close();
  }
  std::string content() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void overwrite(std::size_t at, std::size_t size) const {
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(size, '\xa5');
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, DamagedFileTest, settings(), setting_name);

TEST_P(DamagedFileTest, IsNoDatabaseAndStaysWhatItIs) {
  const std::string text(5000, 'x');
  std::ofstream(path(), std::ios::binary) << text;
  run([&]() -> task<> {
    const error opened = co_await error_of([&]() -> task<> { co_await open_file(); });
    EXPECT_EQ(opened.code(), SQLITE_NOTADB);
    EXPECT_THAT(opened.what(), HasSubstr(path()));
    const error pooled = co_await error_of([&]() -> task<> { co_await open_pool(how(), path()); });
    EXPECT_EQ(pooled.code(), SQLITE_NOTADB);

    const auto db = co_await open_file({.wal = false});
    const error used =
        co_await error_of([&]() -> task<> { co_await db->execute("CREATE TABLE t (x)"); });
    EXPECT_EQ(used.code(), SQLITE_NOTADB);
    EXPECT_EQ(used.sql(), "CREATE TABLE t (x)");
  });
  EXPECT_EQ(content(), text);
}

TEST_P(DamagedFileTest, OverwrittenPagesAreReportedAndTheOthersServe) {
  run([&]() -> task<> {
    co_await fill(true);
    std::size_t page_size = 0;
    std::size_t root = 0;
    {
      const auto db = co_await open_file();
      page_size = co_await value_of<std::size_t>(*db, "PRAGMA page_size");
      root = co_await value_of<std::size_t>(*db,
                                            "SELECT rootpage FROM sqlite_schema WHERE name = 't'");
    }
    overwrite((root - 1) * page_size, page_size);

    const auto db = co_await open_pool(how(), path(), {.readers = 1});
    for (int i = 0; i < 2; ++i) {
      const error read =
          co_await error_of([&]() -> task<> { co_await db->query("SELECT sum(x) FROM t"); });
      EXPECT_EQ(read.primary_code(), SQLITE_CORRUPT);
      EXPECT_EQ(read.sql(), "SELECT sum(x) FROM t");
      auto write_both = [](connection& writer) -> task<> {
        co_await writer.execute("INSERT INTO other VALUES (8)");
        co_await writer.execute("INSERT INTO t VALUES (1, '')");
      };
      const error wrote =
          co_await error_of([&]() -> task<> { co_await with_transaction(*db, write_both); });
      EXPECT_EQ(wrote.primary_code(), SQLITE_CORRUPT);
      const std::vector<row> others = co_await db->query("SELECT sum(x) FROM other");
      EXPECT_EQ(others.at(0).get<int>(0), 7 + i);
      co_await db->execute("UPDATE other SET x = x + 1");
    }
    EXPECT_THAT(co_await db->close(), IsEmpty());
  });
}

TEST_P(DamagedFileTest, CutShortIsReported) {
  run([&]() -> task<> {
    co_await fill(true);
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
    const error opened = co_await error_of([&]() -> task<> { co_await open_file(); });
    EXPECT_EQ(opened.primary_code(), SQLITE_CORRUPT);
  });
}

TEST_P(DamagedFileTest, InAFolderThatIsReadOnlyIsReadButNotWritten) {
  run([&]() -> task<> { co_await fill(false); });
  const std::string before = content();
  {
    const read_only guard(path());
    run([&]() -> task<> {
      const auto db = co_await open_file({.wal = false});
      EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), rows);
      const error single =
          co_await error_of([&]() -> task<> { co_await db->execute("DELETE FROM t"); });
      EXPECT_EQ(single.primary_code(), SQLITE_READONLY);
      EXPECT_EQ(single.sql(), "DELETE FROM t");
      auto write = [&]() -> task<> { co_await db->execute("INSERT INTO other VALUES (8)"); };
      const error nested =
          co_await error_of([&]() -> task<> { co_await with_transaction(*db, write); });
      EXPECT_EQ(nested.primary_code(), SQLITE_READONLY);
      EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), rows);

      const error wal = co_await error_of([&]() -> task<> { co_await open_file(); });
      EXPECT_THAT(wal.primary_code(), AnyOf(SQLITE_READONLY, SQLITE_CANTOPEN));
      const error made =
          co_await error_of([&]() -> task<> { co_await open(how(), path("new.db")); });
      EXPECT_EQ(made.primary_code(), SQLITE_CANTOPEN);
    });
  }
  EXPECT_EQ(content(), before);
}

// A write-ahead log needs files beside the database, also of who only reads.
TEST_P(DamagedFileTest, WithAWriteAheadLogInAFolderThatIsReadOnlyIsReported) {
  run([&]() -> task<> { co_await fill(true); });
  {
    const read_only guard(path());
    run([&]() -> task<> {
      const error opened = co_await error_of([&]() -> task<> { co_await open_file(); });
      EXPECT_THAT(opened.primary_code(), AnyOf(SQLITE_READONLY, SQLITE_CANTOPEN));
      const auto db = co_await open_file({.read_only = true});
      const error read =
          co_await error_of([&]() -> task<> { co_await db->query("SELECT * FROM t"); });
      EXPECT_THAT(read.primary_code(), AnyOf(SQLITE_READONLY, SQLITE_CANTOPEN));
    });
  }
  run([&]() -> task<> {
    const auto db = co_await open_file();
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), rows);
  });
}

TEST_P(DamagedFileTest, ThatIsFullTakesNoMoreUntilThereIsRoom) {
  run([&]() -> task<> {
    co_await fill(true);
    const auto db = co_await open_pool(how(), path(), {.readers = 1});
    auto insert = [](connection& writer) -> task<> {
      co_await writer.execute("INSERT INTO other VALUES (8)");
      co_await writer.execute("INSERT INTO t VALUES (0, zeroblob(100000))");
    };
    const std::vector<row> pages = co_await db->query("PRAGMA page_count");
    const std::string limit = "PRAGMA max_page_count = " + std::to_string(pages[0].get<int>(0) + 1);
    co_await db->execute(limit);
    for (int i = 0; i < 2; ++i) {
      const error e =
          co_await error_of([&]() -> task<> { co_await with_transaction(*db, insert); });
      EXPECT_EQ(e.code(), SQLITE_FULL);
      EXPECT_THAT(e.sql(), HasSubstr("zeroblob"));
      EXPECT_THAT(co_await db->query("SELECT x FROM other"), SizeIs(1));
    }
    co_await db->execute("PRAGMA max_page_count = 1000");
    co_await with_transaction(*db, insert);
    EXPECT_THAT(co_await db->query("SELECT x FROM other"), SizeIs(2));
  });
}

TEST_P(DamagedFileTest, WhoseTablesAnotherConnectionChangesServesPreparedStatements) {
  run([&]() -> task<> {
    co_await fill(true);
    const auto db = co_await open_file();
    const auto other = co_await open_file();
    auto select = co_await db->prepare("SELECT * FROM other");
    auto insert = co_await db->prepare("INSERT INTO other (x) VALUES (?)");
    EXPECT_EQ((co_await select.query()).at(0).size(), 1U);
    co_await other->execute("ALTER TABLE other ADD COLUMN y DEFAULT 'new'");
    EXPECT_EQ((co_await insert.execute(8)).rows_changed, 1);
    EXPECT_EQ(((co_await select.query()).at(1).as<int, std::string>()), std::tuple(8, "new"));

    co_await other->execute("ALTER TABLE other RENAME TO away");
    auto write = [&]() -> task<> {
      co_await db->execute("DELETE FROM t");
      co_await insert.execute(9);
    };
    const error gone =
        co_await error_of([&]() -> task<> { co_await with_transaction(*db, write); });
    EXPECT_EQ(gone.code(), SQLITE_ERROR);
    EXPECT_EQ(gone.sql(), "INSERT INTO other (x) VALUES (?)");
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), rows);

    co_await other->execute("ALTER TABLE away RENAME TO other");
    co_await with_transaction(*db, write);
    EXPECT_THAT(co_await select.query(), SizeIs(3));
  });
}

}  // namespace
}  // namespace crossfade::sqlite
