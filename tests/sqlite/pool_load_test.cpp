#include "compat/barrier.hpp"
#include "compat/sqlite/pool.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <cstdlib>
#include <random>

namespace crossfade::sqlite {
namespace {

using testing::IsEmpty;

struct undo {};

/// How many cancellations a test makes, unless the environment variable CROSSFADE_CANCELLATIONS
/// says otherwise, for who wants to look for longer.
int cancellations(int usual) {
  const char* const wanted = std::getenv("CROSSFADE_CANCELLATIONS");
  return wanted != nullptr ? std::stoi(wanted) : usual;
}

// Accounts between which money moves, and an entry in the books for either side of a transfer.
class PoolLoadTest : public sqlite_test {
 protected:
  static constexpr int accounts = 8;
  static constexpr int readers = 4;

  task<std::unique_ptr<pool>> open_books(const driver& by) {
    const pool_options options{.readers = readers, .prepare = [](connection& each) -> task<> {
                                 co_await each.execute("PRAGMA synchronous = OFF");
                               }};
    auto db = co_await open_pool(by, path(), options);
    auto fill = [](connection& writer) -> task<> {
      co_await writer.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER)");
      co_await writer.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, side INTEGER)");
      for (int i = 0; i < accounts; ++i)
        co_await writer.execute("INSERT INTO account VALUES (?, 1000)", i);
    };
    co_await with_transaction(*db, fill);
    co_return db;
  }
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  /// Half of a transfer: what others must never see.
  task<> move(connection& writer, int amount) {
    const int id = below(accounts);
    co_await writer.execute("UPDATE account SET balance = balance + ? WHERE id = ?", amount, id);
    co_await writer.execute("INSERT INTO entry (side) VALUES (?)", amount < 0 ? 0 : 1);
  }
  /// A transfer, whose second half is a savepoint, behind one that is undone.
  task<> transfer(pool& db, bool undone) {
    const int amount = 1 + below(10);
    auto mistake = [&](connection& writer) -> task<> {
      co_await move(writer, amount);
      co_await checkpoint();
      throw undo();
    };
    auto second = [&](connection& writer) -> task<> { co_await move(writer, amount); };
    auto whole = [&](connection& writer) -> task<> {
      co_await move(writer, -amount);
      try {
        co_await with_transaction(db, mistake);
      } catch (const undo&) {
      }
      co_await checkpoint();
      co_await with_transaction(db, second);
      if (undone) throw undo();
    };
    try {
      co_await with_transaction(db, whole);
      ++transfers_;
    } catch (const undo&) {
      EXPECT_TRUE(undone);
    }
  }
  static task<> expect_balanced(connection& reader) {
    const std::vector<row> rows = co_await reader.query(
        "SELECT (SELECT sum(balance) FROM account), "
        "(SELECT count(*) FROM entry WHERE side = 0) - "
        "(SELECT count(*) FROM entry WHERE side = 1)");
    EXPECT_EQ((rows.at(0).as<int, int>()), std::tuple(accounts * 1000, 0));
  }
  static task<> read(pool& db) {
    auto body = [](connection& reader) -> task<> {
      co_await expect_balanced(reader);
      co_await checkpoint();
      co_await expect_balanced(reader);
    };
    co_await with_reader(db, body);
  }
  /// All connections are there to be had at the same time, each of them serves, and all that was
  /// committed is there.
  task<> expect_whole(pool& db) {
    barrier together(readers + 1);
    auto use = [&](connection& each) -> task<> {
      co_await expect_balanced(each);
      co_await together.wait();
    };
    auto body = [&](task_group& group) {
      for (int i = 0; i < readers; ++i)
        spawn(group, [&]() -> task<> { co_await with_reader(db, use); });
      spawn(group, [&]() -> task<> { co_await with_transaction(db, use); });
    };
    co_await with_task_group(body);
    const std::vector<row> rows = co_await db.query("SELECT count(*) FROM entry");
    EXPECT_EQ(rows.at(0).get<int>(0), 2 * transfers_);
  }
  task<> expect_intact(pool& db) {
    const std::vector<row> rows = co_await db.query("PRAGMA integrity_check");
    EXPECT_EQ(rows.at(0).get<std::string>(0), "ok");
    EXPECT_THAT(co_await db.close(), IsEmpty());
  }

  std::mt19937 random_{20240607};
  int transfers_ = 0;  // that were committed
};
INSTANTIATE_TEST_SUITE_P(Hosts, PoolLoadTest, settings(), setting_name);

TEST_P(PoolLoadTest, TwentyWritersCommitExactlyWhatTheyWereTold) {
  constexpr int writers = 20;
  constexpr int transfers = 20;
  constexpr int undone_every = 5;
  run([&]() -> task<> {
    const auto db = co_await open_books(how());
    int writing = writers;
    auto write = [&]() -> task<> {
      for (int i = 0; i < transfers; ++i) co_await transfer(*db, i % undone_every == 0);
      --writing;
    };
    auto read_meanwhile = [&]() -> task<> {
      while (writing > 0) co_await read(*db);
    };
    auto body = [&](task_group& group) {
      for (int i = 0; i < writers; ++i) spawn(group, write);
      for (int i = 0; i < readers; ++i) spawn(group, read_meanwhile);
    };
    co_await with_task_group(body);
    EXPECT_EQ(transfers_, writers * (transfers - transfers / undone_every));
    co_await expect_whole(*db);
    co_await expect_intact(*db);
  });
}

TEST_P(PoolLoadTest, IsWholeAfterEachRoundOfCancellations) {
  constexpr int victims_in_round = 10;
  run([&]() -> task<> {
    const auto db = co_await open_books(restless());
    auto write = [&]() -> task<> { co_await transfer(*db, below(4) == 0); };
    auto write_once = [&]() -> task<> {
      co_await db->execute("INSERT INTO entry (side) VALUES (0), (1)");
      ++transfers_;
    };
    auto read_both_ways = [&]() -> task<> {
      co_await read(*db);
      co_await db->query("SELECT max(id) FROM entry");
    };
    auto read_then_write = [&]() -> task<> {
      auto body = [&](connection&) -> task<> { co_await write(); };
      co_await with_reader(*db, body);
    };
    const std::array<std::function<task<>()>, 5> texts{write, write, write_once, read_both_ways,
                                                       read_then_write};
    const int wanted = cancellations(300);
    int cancelled = 0;
    int survived = 0;
    while (cancelled < wanted && !HasFailure()) {
      auto body = [&](task_group& group) -> task<> {
        std::vector<child<>> victims;
        for (int i = 0; i < victims_in_round; ++i)
          victims.push_back(spawn(group, texts.at(static_cast<std::size_t>(below(5)))));
        for (child<>& victim : victims) {
          // At the beginning, or anywhere.
          const int far = below(2) == 0 ? 5 : kind() == driver_kind::fiber ? 200 : 20;
          co_await steps(victim, static_cast<unsigned>(below(far)));
          victim.cancel();
          if (victim.record().cancel_requested()) ++cancelled;
        }
      };
      co_await with_task_group(body);
      co_await expect_whole(*db);
      survived += std::exchange(transfers_, 0);
      co_await db->execute("DELETE FROM entry");
    }
    EXPECT_GT(survived, 0);
    co_await expect_intact(*db);
  });
}

// As programs do that are started at the same time: one makes the file, and the others wait.
TEST_P(PoolLoadTest, ManyOpenOneNewFileAtOnce) {
  run([&]() -> task<> {
    int opened = 0;
    auto open_one = [&]() -> task<> {
      const auto db = co_await open_pool(restless(), path(), {.readers = 1});
      co_await db->execute("CREATE TABLE IF NOT EXISTS entry (id)");
      co_await db->execute("INSERT INTO entry VALUES (1)");
      EXPECT_THAT(co_await db->close(), IsEmpty());
      ++opened;
    };
    auto body = [&](task_group& group) {
      for (int i = 0; i < 8; ++i) spawn(group, open_one);
    };
    co_await with_task_group(body);
    EXPECT_EQ(opened, 8);
    const auto db = co_await open_file();
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM entry"), 8);
  });
}

TEST_P(PoolLoadTest, OpeningOrClosingThatIsCancelledCanBeDoneAgain) {
  run([&]() -> task<> {
    bool opened = false;
    bool closed = false;
    for (unsigned k = 0; !closed && !HasFailure(); ++k) {
      std::unique_ptr<pool> db;
      opened = false;
      auto open_and_close = [&]() -> task<> {
        db = co_await open_pool(restless(), path(), {.readers = 2});
        opened = true;
        co_await db->close();
        closed = true;
      };
      auto body = [&](task_group& group) -> task<> {
        auto victim = spawn(group, open_and_close);
        co_await steps(victim, k);
        victim.cancel();
      };
      co_await with_task_group(body);
      if (opened) {
        EXPECT_THAT(co_await db->close(), IsEmpty());
      }
      const auto again = co_await open_file({.busy_timeout = 0ms});
      co_await again->execute("CREATE TABLE IF NOT EXISTS entry (id)");
    }
    EXPECT_TRUE(opened);
  });
}

}  // namespace
}  // namespace crossfade::sqlite
