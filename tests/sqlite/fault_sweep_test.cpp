#include "compat/sqlite/pool.hpp"
#include "tests/sqlite/faulty_vfs.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <map>
#include <numeric>

namespace crossfade::sqlite {
namespace {

using fault = faulty_vfs::fault;
using testing::AnyOf;
using testing::Gt;
using testing::IsEmpty;
using testing::Not;

enum class healed : std::uint8_t { at_once, before_close, after_close };
enum class fate : std::uint8_t { committed, undone, in_doubt };

struct on_purpose {};

// A database lives once for each call that it makes to its files, and that call fails.
class FaultSweepTest : public sqlite_test {
 protected:
  void sweep(fault how, std::initializer_list<bool> journals) {
    for (const bool wal : journals) {
      for (const healed when : {healed::at_once, healed::before_close, healed::after_close}) {
        how_ = how;
        wal_ = wal;
        healed_ = when;
        run([this]() -> task<> { co_await live_until_unharmed(); });
      }
    }
  }

 private:
  static constexpr int rows_in_batch = 3;
  static constexpr auto create = "CREATE TABLE IF NOT EXISTS t (batch, part, filling)";

  task<> live_until_unharmed();
  task<> live(unsigned kth);
  task<std::unique_ptr<pool>> open_few_pages();
  task<> write(pool& db);
  task<> use_again(pool& db);
  task<> check_file();

  // Runs `text` and notes what became of the rows that it wrote.
  template <class Text>
  task<> attempt(int batch, Text&& text) {
    fate told = fate::committed;
    try {
      co_await text();
    } catch (const on_purpose&) {
      told = fate::undone;
    } catch (const error& e) {
      note(e);
      EXPECT_THAT(e.sql(), Not(IsEmpty())) << e.what();
      const bool committing = e.sql() == "COMMIT" || e.sql().starts_with("INSERT INTO t VALUES (3");
      told = committing && may_be_in_doubt(e) ? fate::in_doubt : fate::undone;
    }
    told_[batch] = told;
  }
  template <class Text>
  task<> attempt(Text&& text) {
    try {
      co_await text();
    } catch (const error& e) {
      note(e);
      EXPECT_THAT(e.sql(), Not(IsEmpty())) << e.what();
    }
  }
  void note(const error& e) {
    // SQLITE_ERROR is that there is no such table: its creation has failed, or SQLite could not
    // look whether it is still true.
    EXPECT_THAT(e.code(), AnyOf(Gt(0xff), SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_CORRUPT,
                                SQLITE_NOTADB, SQLITE_ERROR))
        << e.what();
    errors_.emplace_back(e.what());
  }
  // SQLite has done all that makes a commit one, and then failed; or what it has written to the
  // write-ahead log is found by who opens it next.
  bool may_be_in_doubt(const error& e) const {
    return e.primary_code() == SQLITE_IOERR && (!wal_ || healed_ == healed::after_close);
  }
  static task<> insert(connection& db, int batch) {
    for (int part = 0; part < rows_in_batch; ++part)
      co_await db.execute("INSERT INTO t VALUES (?, ?, zeroblob(3000))", batch, part);
  }
  task<> check(connection& db);

  faulty_vfs files_;
  fault how_{};
  bool wal_ = false;
  healed healed_{};
  std::map<int, fate> told_;
  std::vector<std::string> errors_;
};
INSTANTIATE_TEST_SUITE_P(Hosts, FaultSweepTest, settings(), setting_name);

task<> FaultSweepTest::live_until_unharmed() {
  // Each cell takes every fourth call, so that the four of a driver take them all; or every
  // twelfth, and the drivers different ones.
  const auto cells = static_cast<unsigned>(all_cells.size());
  const unsigned apart = cells * FAULTS_APART;
  const cell mine = std::get<cell>(GetParam());
  unsigned first = kind() == driver_kind::fiber ? 0 : cells;
  while (all_cells.at(first % cells).name() != mine.name()) ++first;
  unsigned kth = 1 + first % apart;
  do {
    SCOPED_TRACE((wal_ ? "write-ahead log, healed " : "rollback journal, healed ") +
                 std::to_string(static_cast<int>(healed_)) + ", call " + std::to_string(kth));
    co_await live(kth);
    kth += apart;
  } while (files_.failed() > 0 && !HasFailure());
  EXPECT_GT(kth, 20U);
}

task<> FaultSweepTest::live(unsigned kth) {
  told_.clear();
  errors_.clear();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove(path() + suffix);
  files_.fail(
      kth, how_,
      healed_ == healed::at_once ? faulty_vfs::lasts::once : faulty_vfs::lasts::until_healed);
  std::unique_ptr<pool> db;
  try {
    db = co_await open_few_pages();
  } catch (const error& e) {
    note(e);
  }
  if (db != nullptr) {
    co_await write(*db);
    if (files_.failed() > 0 && healed_ != healed::after_close) {
      files_.heal();
      co_await use_again(*db);
    }
    EXPECT_THAT(co_await db->close(), IsEmpty());
  }
  files_.heal();
  co_await check_file();
  EXPECT_TRUE(files_.failed() > 0 || errors_.empty()) << errors_.front();
}

task<std::unique_ptr<pool>> FaultSweepTest::open_few_pages() {
  const pool_options options{
      .readers = 1,
      .connection = {.busy_timeout = 0ms, .wal = wal_},
      // A transaction is written to the file before it commits.
      .prepare = [](connection& each) -> task<> {
        co_await each.execute_script("PRAGMA cache_size = 4; PRAGMA mmap_size = 65536");
      }};
  co_return co_await open_pool(how(), path(), options);
}

task<> FaultSweepTest::write(pool& db) {
  co_await attempt([&]() -> task<> { co_await db.execute(create); });

  auto undone = [](connection& writer) -> task<> {
    co_await insert(writer, 1);
    throw on_purpose();
  };
  auto around_undone = [&](connection& writer) -> task<> {
    co_await writer.execute("INSERT INTO t VALUES (2, 0, zeroblob(3000))");
    try {
      co_await with_transaction(db, undone);
    } catch (const on_purpose&) {
      told_[1] = fate::undone;
    }
    co_await writer.execute("INSERT INTO t VALUES (2, 1, ''), (2, 2, '')");
  };
  co_await attempt(2, [&]() -> task<> { co_await with_transaction(db, around_undone); });

  auto alone = [&]() -> task<> {
    co_await db.execute("INSERT INTO t VALUES (3, 0, ''), (3, 1, ''), (3, 2, '')");
  };
  co_await attempt(3, alone);

  auto inner = [](connection& writer) -> task<> { co_await insert(writer, 4); };
  auto outer = [&](connection&) -> task<> { co_await with_transaction(db, inner); };
  co_await attempt(4, [&]() -> task<> { co_await with_transaction(db, outer); });

  auto undone_as_a_whole = [&](connection& writer) -> task<> {
    co_await with_transaction(db, inner);
    co_await insert(writer, 5);
    throw on_purpose();
  };
  co_await attempt(5, [&]() -> task<> { co_await with_transaction(db, undone_as_a_whole); });

  auto read = [this](connection& reader) -> task<> { co_await check(reader); };
  co_await attempt([&]() -> task<> { co_await with_reader(db, read); });
  co_await attempt([&]() -> task<> { co_await db.execute("PRAGMA wal_checkpoint(TRUNCATE)"); });
}

task<> FaultSweepTest::use_again(pool& db) {
  auto insert_again = [](connection& writer) -> task<> {
    co_await writer.execute(create);
    co_await insert(writer, 6);
  };
  co_await with_transaction(db, insert_again);
  told_[6] = fate::committed;
  auto read = [this](connection& reader) -> task<> { co_await check(reader); };
  co_await with_reader(db, read);
}

task<> FaultSweepTest::check(connection& db) {
  std::map<int, int> found;
  for (const row& r : co_await db.query("SELECT batch, count(*) FROM t GROUP BY batch"))
    found[r.get<int>(0)] = r.get<int>(1);
  const std::string so_far = std::accumulate(
      errors_.begin(), errors_.end(), std::string(),
      [](const std::string& all, const std::string& one) { return all + "\n" + one; });
  for (const auto& [batch, told] : told_) {
    const int rows = found[batch];
    const bool as_told = rows == (told == fate::undone ? 0 : rows_in_batch);
    EXPECT_TRUE(as_told || (told == fate::in_doubt && rows == 0))
        << "of batch " << batch << ", " << rows << " rows" << so_far;
  }
}

task<> FaultSweepTest::check_file() {
  const auto db = co_await open(how(), path(), {.wal = wal_});
  co_await db->execute(create);
  co_await check(*db);
  EXPECT_EQ(co_await value_of<std::string>(*db, "PRAGMA integrity_check"), "ok");
}

TEST_P(FaultSweepTest, AnIoErrorIsReportedAndTheDataIsAsReported) {
  sweep(fault::io_error, {true, false});
}

TEST_P(FaultSweepTest, AFullDiskIsReportedAndTheDataIsAsReported) {
  sweep(fault::disk_full, {true, false});
}

// Not with a rollback journal, which to SQLite ends where the file does.
TEST_P(FaultSweepTest, AShortReadIsReportedAndTheDataIsAsReported) {
  sweep(fault::short_read, {true});
}

}  // namespace
}  // namespace crossfade::sqlite
