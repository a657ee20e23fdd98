// The code in MIGRATION.md about the database is cut from the marked regions; lint.docs compares.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "compat/loop.hpp"
#include "compat/on_fiber.hpp"
#include "compat/runtime.hpp"
#include "compat/sqlite/pool.hpp"
#include "compat/subsystem.hpp"
#include "coro_backend/backend.hpp"
#include "coro_backend/sqlite_driver.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/sqlite_driver.hpp"

namespace xf = crossfade;
namespace sql = crossfade::sqlite;

namespace {

namespace before {
// region database-before
void pay(sql::pool& db, const std::string& account, int cents) {
  auto body = [&](sql::connection& writer) {
    xf::await(
        writer.execute("UPDATE accounts SET cents = cents - ? WHERE name = ?", cents, account));
    xf::await(writer.execute("INSERT INTO payments VALUES (?, ?)", account, cents));
  };
  xf::await(sql::with_transaction(db, body));
}
// endregion
}  // namespace before

namespace after {
// region database-after
xf::task<> pay(sql::pool& db, const std::string& account, int cents) {
  auto body = [&](sql::connection& writer) -> xf::task<> {
    co_await writer.execute("UPDATE accounts SET cents = cents - ? WHERE name = ?", cents, account);
    co_await writer.execute("INSERT INTO payments VALUES (?, ?)", account, cents);
  };
  co_await sql::with_transaction(db, body);
}
// endregion
}  // namespace after

// region database-open
xf::task<std::unique_ptr<sql::pool>> open_accounts(xf::subsystem& database, std::string file) {
  const xf::fiber_backend::sqlite_driver fiber;
  const xf::coro_backend::sqlite_driver coro;
  const bool on_fiber = database.chosen().name() == fiber.name();
  const sql::driver& how = on_fiber ? static_cast<const sql::driver&>(fiber) : coro;
  co_return co_await sql::open_pool(how, file, {.readers = 4});
}
// endregion

xf::task<int> left_after_payment(xf::subsystem& database, std::string file, bool ported) {
  const auto db = co_await open_accounts(database, file);
  co_await db->execute("CREATE TABLE accounts (name, cents)");
  co_await db->execute("CREATE TABLE payments (account, cents)");
  co_await db->execute("INSERT INTO accounts VALUES ('ada', 100)");
  if (ported) {
    co_await after::pay(*db, "ada", 30);
  } else {
    auto pay = [&] { before::pay(*db, "ada", 30); };
    co_await xf::on_fiber(pay);
  }
  const auto rows = co_await db->query("SELECT cents FROM accounts");
  co_await db->close();
  co_return rows.at(0).get<int>(0);
}

TEST(DatabaseTest, OfTheMigrationGuideWorksOnBothDriversInBothTexts) {
  for (const std::string name : {"fiber", "coro"}) {
    for (const bool ported : {false, true}) {
      const auto file = std::filesystem::temp_directory_path() / ("crossfade_docs_" + name + ".db");
      std::filesystem::remove(file);
      xf::loop loop;
      xf::fiber_backend::backend fiber(loop);
      xf::coro_backend::backend coro(loop);
      xf::runtime runtime(loop, {fiber, coro}, [&](auto...) { return std::string_view(name); });
      xf::subsystem database(runtime, "database");
      const auto text = [&] { return left_after_payment(database, file.string(), ported); };
      const int left = loop.run(database.chosen(), text);
      EXPECT_EQ(left, 70) << name << (ported ? ", ported" : "");
      std::filesystem::remove(file);
    }
  }
}

}  // namespace
