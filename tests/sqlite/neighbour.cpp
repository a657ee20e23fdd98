// Another process that has a database open. `hold FILE`: holds the right to write from when it says
// "held" to the end of its input, and inserts a row. `write FILE DRIVER`: commits batch after batch
// and says the number of each when it is told that it is committed.

#include "compat/loop.hpp"
#include "compat/sqlite/connection.hpp"
#include "compat/sqlite/transaction.hpp"
#include "coro_backend/backend.hpp"
#include "coro_backend/sqlite_driver.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/sqlite_driver.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace {

using namespace crossfade;

void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("nobody listens");
}

void hold(const char* file) {
  sqlite3* db = nullptr;
  const auto execute = [&db](const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(db));
  };
  if (sqlite3_open(file, &db) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db));
  execute("BEGIN IMMEDIATE");
  execute("INSERT INTO t VALUES ('neighbour')");
  say("held\n");
  char end = 0;
  while (::read(STDIN_FILENO, &end, 1) > 0) {
  }
  execute("COMMIT");
  sqlite3_close(db);
}

struct undo {};

task<> write_batch(sqlite::connection& db, int batch) {
  auto undone = [&]() -> task<> {
    co_await db.execute("INSERT INTO t VALUES (?, -1)", batch);
    throw undo();
  };
  auto whole = [&]() -> task<> {
    co_await db.execute("INSERT INTO t VALUES (?, 0)", batch);
    try {
      co_await with_transaction(db, undone);
    } catch (const undo&) {
    }
    co_await db.execute("INSERT INTO t VALUES (?, 1), (?, 2)", batch, batch);
  };
  co_await with_transaction(db, whole);
}

task<> write(const sqlite::driver& how, std::string file) {
  const auto db = co_await open(how, file);
  co_await db->execute("CREATE TABLE IF NOT EXISTS t (batch, part)");
  const std::vector<sqlite::row> last = co_await db->query("SELECT coalesce(max(batch), 0) FROM t");
  for (int batch = last.at(0).get<int>(0) + 1;; ++batch) {
    co_await write_batch(*db, batch);
    say(std::to_string(batch) + "\n");
  }
}

}  // namespace

int main(int, char** argv) {
  const std::string what = argv[1];
  if (what == "hold") {
    hold(argv[2]);
    return 0;
  }
  loop loop;
  fiber_backend::backend fiber(loop);
  const fiber_backend::sqlite_driver on_stack;
  const coro_backend::sqlite_driver on_thread;
  const sqlite::driver& how =
      argv[3] == on_stack.name() ? static_cast<const sqlite::driver&>(on_stack) : on_thread;
  loop.run(fiber, [&] { return write(how, argv[2]); });
}
