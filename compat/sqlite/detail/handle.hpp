#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/clock.hpp"
#include "compat/sqlite/detail/executor.hpp"
#include "compat/sqlite/detail/prepared.hpp"
#include "compat/sqlite/detail/statement_cache.hpp"
#include "compat/sqlite/options.hpp"

struct sqlite3;

namespace crossfade::sqlite::detail {

class copying;

/// SQLite's own connection. What it does is part of its executor's work, unless said otherwise.
class handle {
 public:
  handle(std::string path, executor& hooks) noexcept
      : path_(std::move(path)), hooks_(hooks), cache_(*this) {}
  /// Closes, on whatever thread, once no work is left.
  ~handle() { close(); }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;

  void open(const connection_options& options);
  void close() noexcept;

  /// Begins a piece of work: forgets how the last one ended, and statements that were let go.
  void begin_work(bool others_follow) noexcept;
  /// Begins to run a statement. Those that only read, in pieces of work that follow each other, see
  /// the database as it is when the first of them begins: to look for changes, which comes with
  /// each transaction, takes most of the time of a short one.
  void begin_statement(sqlite3_stmt* statement, bool only_reads) noexcept;
  void end_statement() noexcept { running_ = nullptr; }
  void end_snapshot() noexcept;
  /// Whether a statement of this piece failed because it was not to go on.
  bool cut_short() const noexcept { return cut_short_; }

  /// A statement for this piece of work, compiled already if it was used lately.
  prepared& cached(std::string_view sql) { return cache_.get(sql); }
  /// Compiles a statement that stays until it is let go.
  prepared& prepare(std::string_view sql);
  /// Asks `executor::tick` between the statements, too: they may all be short.
  void execute_script(const std::string& sql);

  /// A snapshot that pieces of work share is none.
  bool in_transaction() const noexcept;
  /// Throws: what has ended the transaction that should be open: the `error`, if a savepoint could
  /// not be undone; otherwise `usage_error`.
  void require_transaction() const;
  void begin();
  void commit();
  /// Cannot be interrupted.
  void roll_back_if_open() noexcept;
  /// Level 1 is the first inside of a transaction.
  void set_savepoint(std::size_t level);
  /// Of the level, and of those above it.
  void release_savepoint(std::size_t level) { savepoints_[level - 1].release->execute({}); }
  /// Undoes what came after it and releases it; where that cannot be, the transaction is undone as
  /// a whole, and `require_transaction` says why. Cannot be interrupted.
  void roll_back_to_savepoint(std::size_t level) noexcept;

  /// Any thread: the statement that runs now, if one does, fails.
  void interrupt() noexcept;
  /// The loop's thread: the statement may be forgotten, at the next piece of work.
  void let_go(prepared& statement) noexcept;

  /// Copies under way, which closing ends.
  void add_copy(copying& under_way) { copies_.push_back(&under_way); }
  void remove_copy(copying& ended) noexcept { std::erase(copies_, &ended); }
  /// While `other` is used as part of this one's work, a lock on it is waited for as on this one.
  void wait_for_locks_of(sqlite3* other) noexcept;

  const std::string& path() const noexcept { return path_; }
  sqlite3* raw() const noexcept { return db_; }
  /// Throws the `error` that SQLite has just reported.
  [[noreturn]] void fail(std::string sql);
  /// What a function threw that SQLite called: `fail` throws it instead.
  void fail_with(std::exception_ptr thrown) noexcept { thrown_ = std::move(thrown); }
  /// As `fail_with`, where SQLite cannot be told and goes on as if two texts were equal.
  void fail_unordered(std::exception_ptr thrown) noexcept;
  bool is_to_fail() const noexcept { return thrown_ != nullptr; }

 private:
  static int on_progress(void* self) noexcept;
  static int on_busy(void* self, int attempts) noexcept;
  static int on_commit(void* self) noexcept;
  void undo_unordered() noexcept;
  void switch_to_wal();
  /// False: the time is up, or the work is not to go on.
  bool pause_for_lock(int attempt, duration& paused) noexcept;

  const std::string path_;
  executor& hooks_;
  sqlite3* db_ = nullptr;
  std::atomic<sqlite3*> to_interrupt_ = nullptr;  // db_, from when it is open
  sqlite3_stmt* running_ = nullptr;               // what `executor::tick` may end
  duration busy_timeout_{};
  duration paused_{};  // by on_busy
  bool cut_short_ = false;
  bool others_follow_ = false;
  bool snapshot_ = false;
  std::exception_ptr thrown_;  // by a function that the running statement called
  bool unordered_ = false;     // it was asked for an order
  statement_cache cache_;
  std::vector<copying*> copies_;
  std::list<prepared> kept_;
  std::atomic<bool> some_let_go_ = false;
  // Compiled beforehand: what undoes must not fail for want of memory.
  prepared* begin_ = nullptr;
  prepared* begin_snapshot_ = nullptr;
  prepared* commit_ = nullptr;
  prepared* roll_back_ = nullptr;
  struct savepoint {
    prepared* set;
    prepared* release;
    prepared* roll_back_to;
  };
  std::vector<savepoint> savepoints_;  // by level
  // Of the savepoint that took the transaction with it.
  const prepared* ended_by_ = nullptr;
  int ended_with_ = 0;
};

}  // namespace crossfade::sqlite::detail
