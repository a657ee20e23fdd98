#include "compat/sqlite/maintenance.hpp"

#include "compat/sqlite/pool.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <fstream>
#include <optional>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;

class MaintenanceTest : public sqlite_test {
 protected:
  task<std::unique_ptr<connection>> open_filled(int rows = 300) {
    auto db = co_await open(restless(), path());
    co_await db->execute("CREATE TABLE t (x)");
    co_await db->execute(
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
        "SELECT randomblob(400) FROM n",
        rows);
    co_return db;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(path()).parent_path()))
      names.push_back(entry.path().filename().string());
    return names;
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, MaintenanceTest, settings(), setting_name);

TEST_P(MaintenanceTest, ACheckpointCopiesTheLog) {
  run([&]() -> task<> {
    const auto db = co_await open_filled();
    const checkpoint_result done = co_await wal_checkpoint(*db);
    EXPECT_FALSE(done.busy);
    EXPECT_GT(done.log_frames, 30);
    EXPECT_EQ(done.checkpointed_frames, done.log_frames);
    EXPECT_GT(std::filesystem::file_size(path() + "-wal"), 0U);
    const checkpoint_result truncated = co_await wal_checkpoint(*db, checkpoint_mode::truncate);
    EXPECT_FALSE(truncated.busy);
    EXPECT_EQ(std::filesystem::file_size(path() + "-wal"), 0U);
  });
}

TEST_P(MaintenanceTest, ACheckpointSaysThatOthersAreInTheWay) {
  run([&]() -> task<> {
    const auto db = co_await open_filled();
    const auto patient = co_await open_file({.busy_timeout = 10ms});
    auto body = [&]() -> task<> {
      const checkpoint_result done = co_await wal_checkpoint(*patient, checkpoint_mode::full);
      EXPECT_TRUE(done.busy);
      EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await wal_checkpoint(*db); }),
                  HasSubstr("locked"));
    };
    co_await with_transaction(*db, body);
  });
}

TEST_P(MaintenanceTest, ACheckpointWithoutALogCopiesNothing) {
  run([&]() -> task<> {
    const auto db = co_await open_file({.wal = false});
    const checkpoint_result done = co_await wal_checkpoint(*db);
    EXPECT_FALSE(done.busy);
    EXPECT_EQ(done.log_frames, -1);
    EXPECT_EQ(done.checkpointed_frames, -1);
  });
}

TEST_P(MaintenanceTest, VacuumTakesTheHolesOut) {
  run([&]() -> task<> {
    const auto db = co_await open_filled();
    co_await db->execute("DELETE FROM t");
    const int before = co_await value_of<int>(*db, "PRAGMA page_count");
    co_await vacuum(*db);
    EXPECT_LT(co_await value_of<int>(*db, "PRAGMA page_count"), before / 2);
    EXPECT_THAT(co_await outcome_of([&]() -> task<> {
                  auto body = [&]() -> task<> { co_await vacuum(*db); };
                  co_await with_transaction(*db, body);
                }),
                HasSubstr("cannot VACUUM"));
  });
}

TEST_P(MaintenanceTest, VacuumCancelledAnywhereLeavesTheDatabaseAsItWas) {
  run([&]() -> task<> {
    const auto db = co_await open_filled(30);
    unsigned cancelled_runs = 0;
    for (unsigned k = 0;; k += 1 + k / 8) {
      bool finished = false;
      std::optional<child<>> victim;
      auto body = [&](task_group& group) -> task<> {
        victim.emplace(spawn(group, [&]() -> task<> {
          co_await vacuum(*db);
          finished = true;
        }));
        co_await steps(*victim, k);
        victim->cancel();
      };
      co_await with_task_group(body);
      EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 30);
      EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM pragma_database_list"), 1);
      const bool was_cancelled = victim->record().cancel_requested();
      if (!was_cancelled || testing::Test::HasFailure()) break;
      if (!finished) ++cancelled_runs;
    }
    EXPECT_GE(cancelled_runs, 1U);
    EXPECT_EQ(co_await value_of<std::string>(*db, "PRAGMA integrity_check"), "ok");
  });
}

TEST_P(MaintenanceTest, RunsOnThePoolsConnections) {
  run([&]() -> task<> {
    const auto db = co_await open_pool(how(), path(), {.readers = 1});
    co_await db->execute("CREATE TABLE t (x)");
    auto look_after = [&](connection& writer) -> task<> {
      co_await vacuum(writer);
      const checkpoint_result done = co_await wal_checkpoint(writer, checkpoint_mode::truncate);
      EXPECT_FALSE(done.busy);
    };
    auto copy = [&](connection& reader) -> task<> {
      co_await vacuum_into(reader, path("copy.db"));
    };
    co_await with_writer(*db, look_after);
    co_await with_reader(*db, copy);
    EXPECT_TRUE(std::filesystem::exists(path("copy.db")));
  });
}

TEST_P(MaintenanceTest, VacuumIntoWritesANewFile) {
  run([&]() -> task<> {
    const auto db = co_await open_filled();
    co_await vacuum_into(*db, path("copy.db"));
    const auto copy = co_await open(how(), path("copy.db"));
    EXPECT_EQ(co_await value_of<int>(*copy, "SELECT count(*) FROM t"), 300);
    EXPECT_EQ(co_await value_of<std::string>(*copy, "PRAGMA integrity_check"), "ok");
  });
}

TEST_P(MaintenanceTest, VacuumIntoLeavesAFileThatIsThereAlone) {
  run([&]() -> task<> {
    const auto db = co_await open_filled();
    std::ofstream(path("copy.db")) << "mine";
    const error e =
        co_await error_of([&]() -> task<> { co_await vacuum_into(*db, path("copy.db")); });
    EXPECT_EQ(e.code(), SQLITE_CANTOPEN);
    EXPECT_THAT(e.what(), HasSubstr(path("copy.db") + ": the file exists"));
    EXPECT_EQ(std::filesystem::file_size(path("copy.db")), 4U);
  });
}

TEST_P(MaintenanceTest, VacuumIntoCancelledAnywhereLeavesNoFile) {
  run([&]() -> task<> {
    const auto db = co_await open_filled(30);
    const std::size_t files_before = files().size();
    unsigned cancelled_runs = 0;
    // Further and further apart: it takes some thousand steps.
    for (unsigned k = 0;; k += 1 + k / 8) {
      bool finished = false;
      std::optional<child<>> victim;
      auto body = [&](task_group& group) -> task<> {
        victim.emplace(spawn(group, [&]() -> task<> {
          co_await vacuum_into(*db, path("copy.db"));
          finished = true;
        }));
        co_await steps(*victim, k);
        victim->cancel();
      };
      co_await with_task_group(body);
      EXPECT_EQ(std::filesystem::exists(path("copy.db")), finished) << "cancelled at " << k;
      EXPECT_EQ(files().size(), files_before + (finished ? 1 : 0));
      std::filesystem::remove(path("copy.db"));
      const bool was_cancelled = victim->record().cancel_requested();
      if (!was_cancelled || testing::Test::HasFailure()) break;
      if (!finished) ++cancelled_runs;
    }
    EXPECT_GE(cancelled_runs, 1U);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
