// The patterns of patterns.py on SQLite's C API and on both drivers. Prints a line for each: name,
// ns per operation.

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "compat/loop.hpp"
#include "compat/sleep.hpp"
#include "compat/sqlite/connection.hpp"
#include "compat/task_group.hpp"
#include "coro_backend/backend.hpp"
#include "coro_backend/sqlite_driver.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/sqlite_driver.hpp"

namespace crossfade::benchmarks {
namespace {

using std::chrono::steady_clock;

constexpr int rows = 100'000;
constexpr int keys = 10'000;  // their pages fit into the cache of a connection
constexpr std::size_t reads = 50'000;
constexpr auto one_row = "SELECT name FROM item WHERE id = ?";
constexpr auto all_rows = "SELECT id, name, price FROM item";
// A quarter of a second or more, of which SQLite spends all in its virtual machine.
constexpr auto heavy =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000000) "
    "SELECT count(*) FROM n";

void print(const char* name, double ns) { std::printf("%s\t%.1f\n", name, ns); }

template <class F>
void measure(const char* name, std::size_t count, F&& f) {
  const auto begin = steady_clock::now();
  f();
  const std::chrono::duration<double, std::nano> took = steady_clock::now() - begin;
  print(name, took.count() / static_cast<double>(count));
}

int key(std::size_t n) { return static_cast<int>(n * 7919 % keys) + 1; }

struct item {
  std::int64_t id;
  std::string name;
  double price;
};

// --- SQLite's own ---

class raw_connection {
 public:
  explicit raw_connection(const std::string& path) {
    check(sqlite3_open_v2(path.c_str(), &db_,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                          nullptr));
    run("PRAGMA journal_mode = WAL");
  }
  ~raw_connection() { sqlite3_close(db_); }
  raw_connection(const raw_connection&) = delete;
  raw_connection& operator=(const raw_connection&) = delete;

  void run(const char* sql) const { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) const {
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr));
    return made;
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db_));
  }
  sqlite3* db_ = nullptr;
};

std::string text_of(sqlite3_stmt* statement, int column) {
  return {reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
          static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

std::size_t raw_reads(sqlite3_stmt* statement) {
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < reads; ++n) {
    sqlite3_bind_int64(statement, 1, key(n));
    while (sqlite3_step(statement) == SQLITE_ROW) bytes += text_of(statement, 0).size();
    sqlite3_reset(statement);
  }
  return bytes;
}

void raw(const std::string& path) {
  const raw_connection db(path);
  sqlite3_stmt* const read = db.prepare(one_row);
  std::size_t bytes = 0;
  measure("point read, 1 task", reads, [&] { bytes += raw_reads(read); });
  measure("point read, 50 tasks", reads, [&] { bytes += raw_reads(read); });
  db.run("BEGIN");
  measure("point read in a transaction", reads, [&] { bytes += raw_reads(read); });
  db.run("COMMIT");
  sqlite3_finalize(read);

  sqlite3_stmt* const stream = db.prepare(all_rows);
  std::vector<item> items;
  measure("row of 100,000", rows, [&] {
    while (sqlite3_step(stream) == SQLITE_ROW) {
      items.push_back(
          {sqlite3_column_int64(stream, 0), text_of(stream, 1), sqlite3_column_double(stream, 2)});
    }
  });
  sqlite3_finalize(stream);
  measure("heavy query", 1, [&] { db.run(heavy); });
  if (bytes == 0 || items.size() != rows) throw std::runtime_error("nothing was read");
}

// --- a driver ---

task<> many_reads(sqlite::connection& db, std::size_t tasks) {
  std::size_t bytes = 0;
  auto body = [&](task_group& group) -> task<> {
    for (std::size_t t = 0; t < tasks; ++t) {
      group.spawn([&db, &bytes, tasks, t]() -> task<> {
        for (std::size_t n = t; n < reads; n += tasks) {
          const auto rows = co_await db.query_as<std::tuple<std::string>>(one_row, key(n));
          bytes += std::get<0>(rows.at(0)).size();
        }
      });
    }
    co_return;
  };
  co_await with_task_group(body);
  if (bytes == 0) throw std::runtime_error("nothing was read");
}

// How late a sleep of a millisecond ends, until `stop`: the 99th of 100.
task<double> lateness(const bool& stop) {
  constexpr auto period = std::chrono::milliseconds(1);
  std::vector<double> late;
  while (!stop) {
    const auto due = steady_clock::now() + period;
    co_await sleep(period);
    late.push_back(std::chrono::duration<double, std::nano>(steady_clock::now() - due).count());
  }
  const auto at = late.begin() + static_cast<std::ptrdiff_t>(late.size() * 99 / 100);
  std::nth_element(late.begin(), at, late.end());
  co_return *at;
}

task<> beside_a_ticker(sqlite::connection& db) {
  auto body = [&](task_group& group) -> task<> {
    bool stop = false;
    auto idle = group.spawn([&] { return lateness(stop); });
    co_await sleep(std::chrono::seconds(1));
    stop = true;
    print("ticker, p99, idle", co_await idle.join());
    stop = false;
    auto busy = group.spawn([&] { return lateness(stop); });
    const auto begin = steady_clock::now();
    co_await db.query(heavy);
    const std::chrono::duration<double, std::nano> took = steady_clock::now() - begin;
    stop = true;
    print("heavy query", took.count());
    print("ticker, p99, beside the query", co_await busy.join());
  };
  co_await with_task_group(body);
}

task<> all(const sqlite::driver& how, std::string_view path) {
  const auto db = co_await sqlite::open(how, path);
  for (const std::size_t tasks : {std::size_t{1}, std::size_t{50}}) {
    const auto begin = steady_clock::now();
    co_await many_reads(*db, tasks);
    const std::chrono::duration<double, std::nano> took = steady_clock::now() - begin;
    print(tasks == 1 ? "point read, 1 task" : "point read, 50 tasks",
          took.count() / static_cast<double>(reads));
  }
  const auto begin = steady_clock::now();
  const std::vector<item> items = co_await db->query_as<item>(all_rows);
  const std::chrono::duration<double, std::nano> took = steady_clock::now() - begin;
  if (items.size() != rows) throw std::runtime_error("rows are missing");
  print("row of 100,000", took.count() / rows);
  co_await beside_a_ticker(*db);
}

void on_driver(const sqlite::driver& how, const std::string& path, bool fiber) {
  loop loop;
  fiber_backend::backend stacks(loop);
  coro_backend::backend coroutines(loop);
  const auto main = [&] { return all(how, path); };
  fiber ? loop.run(stacks, main) : loop.run(coroutines, main);
}

void fill(const std::string& path) {
  const raw_connection db(path);
  db.run(
      "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);"
      "INSERT INTO item WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
      "100000) SELECT i, 'item number ' || i, i * 0.25 FROM n;"
      "PRAGMA wal_checkpoint(TRUNCATE);");
}

}  // namespace
}  // namespace crossfade::benchmarks

int main(int argc, char** argv) try {
  namespace bench = crossfade::benchmarks;
  const std::string_view how = argc == 3 ? argv[1] : "";
  if (how == "fill") {
    bench::fill(argv[2]);
  } else if (how == "raw") {
    bench::raw(argv[2]);
  } else if (how == "fiber") {
    bench::on_driver(crossfade::fiber_backend::sqlite_driver(), argv[2], true);
  } else if (how == "coro") {
    bench::on_driver(crossfade::coro_backend::sqlite_driver(), argv[2], false);
  } else {
    std::fprintf(stderr, "usage: %s fill|raw|fiber|coro DATABASE\n", argv[0]);
    return 2;
  }
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
