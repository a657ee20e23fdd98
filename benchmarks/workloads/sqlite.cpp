#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/scratch_database.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/sqlite/pool.hpp"
#include "compat/task_group.hpp"

namespace crossfade::workloads {
namespace {

constexpr std::size_t readers_of_pool = 4;
constexpr std::size_t reads_of_each = 10;
constexpr std::size_t items = 10'000;
constexpr auto make_items =
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "INSERT INTO item WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) "
    "SELECT i, 'item number ' || i FROM n;";

// Rows by their key, in an order that is none.
class point_reads final : public ab::workload {
 public:
  point_reads(backend& on, std::size_t tasks) : on_(on), tasks_(tasks) {}

  task<> set_up() override {
    database_ = co_await scratch_database::open(on_, readers_of_pool, make_items);
  }

  task<> operate(ab::caller /*by*/) override {
    std::size_t read = 0;
    auto reader = [&]() -> task<> {
      for (std::size_t n = 0; n < reads_of_each; ++n) {
        const std::size_t key = next_++ * 7919 % items + 1;
        const auto rows = co_await database_->pool().query_as<std::tuple<std::string>>(
            "SELECT name FROM item WHERE id = ?", static_cast<std::int64_t>(key));
        require_equal("rows of a key", rows.size(), 1);
        const std::string& name = std::get<0>(rows.front());
        if (name != "item number " + std::to_string(key)) {
          throw std::runtime_error("the item " + std::to_string(key) + " is called " + name);
        }
        ++read;
      }
    };
    auto all = [&](task_group& group) {
      for (std::size_t n = 0; n < tasks_; ++n) group.spawn(reader);
    };
    co_await with_task_group(all);
    require_equal("rows", read, tasks_ * reads_of_each);
  }

  task<> tear_down() override {
    database_.reset();
    co_return;
  }

 private:
  backend& on_;
  const std::size_t tasks_;
  std::size_t next_ = 0;
  std::unique_ptr<scratch_database> database_;
};

constexpr std::int64_t accounts = 200;
constexpr std::int64_t all_money = 200'000;
constexpr auto make_accounts =
    "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
    "INSERT INTO account WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) "
    "SELECT i, 1000 FROM n;";

// Tasks that write move money between accounts, tasks that read count all there is.
class mixed_transactions final : public ab::workload {
 public:
  mixed_transactions(backend& on, std::size_t writers, std::size_t readers)
      : on_(on), writers_(writers), readers_(readers) {}

  task<> set_up() override {
    database_ = co_await scratch_database::open(on_, readers_of_pool, make_accounts);
  }

  task<> operate(ab::caller /*by*/) override {
    std::size_t done = 0;
    auto writer = [&]() -> task<> {
      const auto number = static_cast<std::int64_t>(next_++);
      co_await move_money(number * 7 % accounts + 1, (number * 7 + 3) % accounts + 1);
      ++done;
    };
    auto reader = [&]() -> task<> {
      const auto sum = co_await database_->pool().query_as<std::tuple<std::int64_t>>(
          "SELECT sum(balance) FROM account");
      require_equal("all money", static_cast<std::uint64_t>(std::get<0>(sum.at(0))), all_money);
      ++done;
    };
    auto all = [&](task_group& group) {
      // Four of five read, between the others.
      for (std::size_t n = 0; n < writers_ + readers_; ++n) {
        n % 5 == 0 ? group.spawn(writer) : group.spawn(reader);
      }
    };
    co_await with_task_group(all);
    require_equal("transactions", done, writers_ + readers_);
  }

  task<> tear_down() override {
    database_.reset();
    co_return;
  }

 private:
  task<> move_money(std::int64_t from, std::int64_t to) {
    auto move = [=](sqlite::connection& db) -> task<> {
      const auto found = co_await db.query_as<std::tuple<std::int64_t>>(
          "SELECT balance FROM account WHERE id = ?", from);
      const std::int64_t left = std::get<0>(found.at(0)) - 1;
      constexpr auto set = "UPDATE account SET balance = ? WHERE id = ?";
      constexpr auto add = "UPDATE account SET balance = balance + 1 WHERE id = ?";
      const auto taken = co_await db.execute(set, left, from);
      const auto given = co_await db.execute(add, to);
      require_equal("accounts changed",
                    static_cast<std::uint64_t>(taken.rows_changed + given.rows_changed), 2);
    };
    co_await sqlite::with_transaction(database_->pool(), move);
  }

  backend& on_;
  const std::size_t writers_;
  const std::size_t readers_;
  std::size_t next_ = 0;
  std::unique_ptr<scratch_database> database_;
};

}  // namespace

void add_sqlite(ab::suite& to) {
  const auto add_reads = [&](const char* name, const char* description, std::size_t tasks) {
    to.add<point_reads>(
        {.name = name, .description = description, .things = tasks * reads_of_each, .thing = "row"},
        tasks);
  };
  add_reads("sqlite_reads/small", "a task reads 10 rows by their key", 1);
  add_reads("sqlite_reads/large", "50 tasks read 10 rows each, on 4 connections", 50);
  const auto add_mixed = [&](const char* name, const char* description, std::size_t writers,
                             std::size_t readers) {
    to.add<mixed_transactions>({.name = name,
                                .description = description,
                                .things = writers + readers,
                                .thing = "transaction"},
                               writers, readers);
  };
  add_mixed("sqlite_transactions/small", "1 task writes, 4 read, on a pool", 1, 4);
  add_mixed("sqlite_transactions/large", "20 tasks write, 80 read, on a pool", 20, 80);
}

}  // namespace crossfade::workloads
