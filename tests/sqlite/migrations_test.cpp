#include "compat/sqlite/migrations.hpp"

#include "tests/sqlite/sqlite_test.hpp"

#include <optional>
#include <vector>

namespace crossfade::sqlite {
namespace {

task<> make_accounts(connection& db) { co_await db.execute("CREATE TABLE accounts (name)"); }
void make_accounts_blocking(connection& db) { await(make_accounts(db)); }
task<> fill_accounts(connection& db) {
  co_await db.execute("INSERT INTO accounts VALUES ('a')");
  co_await checkpoint();
  co_await db.execute("INSERT INTO accounts VALUES ('b')");
}
task<> add_cents(connection& db) {
  co_await db.execute("ALTER TABLE accounts ADD COLUMN cents DEFAULT 0");
}

class MigrationsTest : public sqlite_test {
 protected:
  static task<int> version(connection& db) {
    co_return co_await value_of<int>(db, "PRAGMA user_version");
  }
  const std::vector<migration> steps_{make_accounts, fill_accounts, add_cents};
};
INSTANTIATE_TEST_SUITE_P(Hosts, MigrationsTest, settings(), setting_name);

TEST_P(MigrationsTest, RunsTheStepsThatAreMissing) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    const std::span<const migration> all(steps_);
    EXPECT_EQ(co_await migrate(*db, all.first(1)), 1U);
    EXPECT_EQ(co_await version(*db), 1);
    EXPECT_EQ(co_await migrate(*db, all), 2U);
    EXPECT_EQ(co_await version(*db), 3);
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT sum(cents) FROM accounts"), 0);
    EXPECT_EQ(co_await migrate(*db, all), 0U);
  });
}

TEST_P(MigrationsTest, TakesStepsOfEitherText) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    int calls = 0;
    std::vector<migration> steps{[&calls](connection&) { ++calls; }};
    const bool has_stack = std::get<cell>(GetParam()).written == cell::text::blocking;
    if (has_stack) steps.emplace_back(make_accounts_blocking);
    EXPECT_EQ(co_await migrate(*db, steps), steps.size());
    EXPECT_EQ(calls, 1);
  });
}

TEST_P(MigrationsTest, RefusesAVersionItDoesNotKnow) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    for (const int found : {4, -1}) {
      const std::string set = "PRAGMA user_version = " + std::to_string(found);
      co_await db->execute(set);
      try {
        co_await migrate(*db, steps_);
        ADD_FAILURE() << "nothing was thrown";
      } catch (const unknown_version& e) {
        EXPECT_EQ(e.found(), found);
        EXPECT_EQ(e.newest(), 3U);
        EXPECT_EQ(e.what(), std::filesystem::canonical(path()).string() + ": user_version is " +
                                std::to_string(found) +
                                "; expected 0 to 3, to which the steps known here lead");
      }
      EXPECT_EQ(co_await version(*db), found);
    }
  });
}

TEST_P(MigrationsTest, AFailedStepLeavesTheLastWholeOne) {
  run([&]() -> task<> {
    const auto db = co_await open_file();
    auto fail = [](connection& on) -> task<> {
      co_await fill_accounts(on);
      throw 42;
    };
    const std::vector<migration> steps{steps_[0], steps_[1], fail};
    int caught = 0;
    try {
      co_await migrate(*db, steps);
    } catch (int thrown) {
      caught = thrown;
    }
    EXPECT_EQ(caught, 42);
    EXPECT_EQ(co_await version(*db), 2);
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM accounts"), 2);
    EXPECT_EQ(co_await migrate(*db, steps_), 1U);
  });
}

TEST_P(MigrationsTest, CancelledAnywhereItIsAtAWholeVersion) {
  run([&]() -> task<> {
    for (unsigned k = 0;; k += 1 + k / 16) {
      const std::string file = path(std::to_string(k) + ".db");
      const auto db = co_await open(restless(), file);
      std::optional<child<>> victim;
      auto body = [&](task_group& group) -> task<> {
        victim.emplace(spawn(group, [&]() -> task<> { co_await migrate(*db, steps_); }));
        co_await steps(*victim, k);
        victim->cancel();
      };
      co_await with_task_group(body);
      const int at = co_await version(*db);
      const bool has_table = co_await value_of<bool>(
          *db, "SELECT count(*) FROM sqlite_schema WHERE name = 'accounts'");
      EXPECT_EQ(has_table, at >= 1) << "cancelled at " << k;
      if (at >= 1) {
        EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM accounts"), at >= 2 ? 2 : 0);
      }
      const bool was_cancelled = victim->record().cancel_requested();
      co_await db->close();
      if (!was_cancelled || testing::Test::HasFailure()) break;
    }
  });
}

TEST_P(MigrationsTest, OfSeveralAtOnceEachStepIsRunByOne) {
  run([&]() -> task<> {
    const auto one = co_await open(restless(), path());
    const auto two = co_await open(restless(), path());
    std::size_t steps_run = 0;
    auto add_up = [&](connection& db) -> task<> {
      const std::size_t run_here = co_await migrate(db, steps_);
      steps_run += run_here;
    };
    auto body = [&](task_group& group) {
      spawn(group, [&] { return add_up(*one); });
      spawn(group, [&] { return add_up(*two); });
    };
    co_await with_task_group(body);
    EXPECT_EQ(steps_run, 3U);
    EXPECT_EQ(co_await version(*one), 3);
    EXPECT_EQ(co_await value_of<int>(*one, "SELECT count(*) FROM accounts"), 2);
  });
}

TEST_P(MigrationsTest, RunOnThePoolsWriter) {
  run([&]() -> task<> {
    const auto db = co_await open_pool(how(), path());
    EXPECT_EQ(co_await migrate(*db, steps_), 3U);
    const std::vector<row> rows = co_await db->query("SELECT name, cents FROM accounts");
    EXPECT_EQ(rows.size(), 2U);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
