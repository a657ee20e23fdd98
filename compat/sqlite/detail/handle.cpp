#include "compat/sqlite/detail/handle.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "compat/errors.hpp"
#include "compat/sqlite/detail/copying.hpp"
#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite::detail {

namespace {

// Short at first, since most locks are held for the length of one small transaction.
duration pause_before(int attempt) noexcept {
  static constexpr std::array milliseconds{1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50};
  const auto i = std::min(static_cast<std::size_t>(attempt), milliseconds.size() - 1);
  return std::chrono::milliseconds(milliseconds[i]);
}

std::optional<std::size_t> error_offset([[maybe_unused]] sqlite3* db) noexcept {
#if SQLITE_VERSION_NUMBER >= 3038000
  if (const int at = sqlite3_error_offset(db); at >= 0) return static_cast<std::size_t>(at);
#endif
  return std::nullopt;
}

}  // namespace

void handle::open(const connection_options& options) {
  // One piece of work at a time is ours to see to, so SQLite need not lock. A cache shared between
  // connections would have them wait for each other inside SQLite.
  const int flags =
      (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  if (sqlite3_open_v2(path_.c_str(), &db_, flags, nullptr) != SQLITE_OK) fail({});
  to_interrupt_ = db_;
  busy_timeout_ = options.busy_timeout;
  cache_.set_capacity(options.cached_statements);
  wait_for_locks_of(db_);
  sqlite3_progress_handler(db_, hooks_.instructions(), &on_progress, this);
  sqlite3_commit_hook(db_, &on_commit, this);
  execute_script(options.foreign_keys ? "PRAGMA foreign_keys = ON" : "PRAGMA foreign_keys = OFF");
  if (options.wal && !options.read_only) switch_to_wal();
  begin_ = &prepare("BEGIN IMMEDIATE");
  begin_snapshot_ = &prepare("BEGIN DEFERRED");
  commit_ = &prepare("COMMIT");
  roll_back_ = &prepare("ROLLBACK");
}

void handle::switch_to_wal() {
  const bool in_memory = std::strlen(sqlite3_db_filename(db_, "main")) == 0;
  const char* sql = "PRAGMA journal_mode = WAL";
  duration paused{};
  for (int attempt = 0;; ++attempt) {
    std::optional<error> locked;  // no other task may run inside of a handler
    try {
      prepared statement(*this, sql, prepared::lifetime::once);
      const auto mode = statement.query({})[0].get<std::string>(0);
      if (mode == "wal" || in_memory) return;
      throw error(path_, sql, SQLITE_CANTOPEN,
                  "the journal mode stays \"" + mode + "\"; open with .wal = false", {});
    } catch (const error& e) {
      if (e.primary_code() != SQLITE_BUSY) throw;
      locked = e;
    }
    // SQLite does not ask on_busy where who switches first has others wait.
    if (!pause_for_lock(attempt, paused)) throw error(*locked);
  }
}

void handle::wait_for_locks_of(sqlite3* other) noexcept {
  sqlite3_busy_handler(other, &on_busy, this);
}

void handle::close() noexcept {
  while (!copies_.empty()) copies_.back()->end();
  savepoints_.clear();
  cache_.clear();
  kept_.clear();
  [[maybe_unused]] const int code = sqlite3_close(std::exchange(db_, nullptr));
  assert(code == SQLITE_OK && "a statement is left");
}

void handle::begin_work(bool others_follow) noexcept {
  cut_short_ = false;
  others_follow_ = others_follow;
  if (some_let_go_.exchange(false)) {
    kept_.remove_if([](const prepared& p) { return p.let_go.load(); });
  }
}

void handle::begin_statement(sqlite3_stmt* statement, bool only_reads) noexcept {
  running_ = statement;
  thrown_ = nullptr;
  unordered_ = false;
  if (!only_reads) {
    end_snapshot();
  } else if (others_follow_ && sqlite3_get_autocommit(db_) != 0) {
    snapshot_ = begin_snapshot_->step_once() == SQLITE_OK;
  }
}

void handle::end_snapshot() noexcept {
  if (!snapshot_) return;
  snapshot_ = false;
  if (commit_->step_once() != SQLITE_OK) roll_back_if_open();
}

void handle::let_go(prepared& statement) noexcept {
  statement.let_go = true;  // may be gone from here on
  some_let_go_ = true;
}

prepared& handle::prepare(std::string_view sql) {
  return kept_.emplace_back(*this, sql, prepared::lifetime::kept);
}

void handle::execute_script(const std::string& sql) {
  for (const char* rest = sql.c_str();;) {
    prepared statement(*this, rest);
    if (statement.empty()) return;
    statement.execute({});
    if (hooks_.instructions() > 0 && !hooks_.tick()) {
      cut_short_ = true;
      throw error(path_, rest, SQLITE_INTERRUPT, "interrupted before", {});
    }
  }
}

bool handle::in_transaction() const noexcept {
  return !snapshot_ && sqlite3_get_autocommit(db_) == 0;
}

void handle::require_transaction() const {
  if (in_transaction()) return;
  if (ended_by_ != nullptr) {
    throw error(path_, ended_by_->sql(), ended_with_,
                std::string("a savepoint could not be undone, so the transaction was: ") +
                    sqlite3_errstr(ended_with_),
                {});
  }
  throw usage_error(path_ +
                    ": a statement inside of with_transaction, whose transaction is over: an error "
                    "that was caught, or a statement, has ended it");
}

void handle::begin() {
  ended_by_ = nullptr;
  begin_->execute({});
}

void handle::commit() {
  require_transaction();
  commit_->execute({});
}

void handle::roll_back_if_open() noexcept {
  // Again, because the interrupt of the statement before may come late, from another thread. It
  // comes once.
  while (in_transaction()) roll_back_->step_once();
}

void handle::set_savepoint(std::size_t level) {
  while (savepoints_.size() < level) {
    // By level, so that none is taken for another, whatever has become of that.
    const std::string name = "with_transaction_" + std::to_string(savepoints_.size() + 1);
    savepoints_.push_back({&prepare("SAVEPOINT " + name), &prepare("RELEASE " + name),
                           &prepare("ROLLBACK TO " + name)});
  }
  savepoints_[level - 1].set->execute({});
}

void handle::roll_back_to_savepoint(std::size_t level) noexcept {
  const savepoint& s = savepoints_[level - 1];
  const auto done = [this](const prepared& statement) {
    if (!in_transaction()) return true;  // SQLite has undone all
    int code = statement.step_once();
    if (code == SQLITE_INTERRUPT) code = statement.step_once();  // for the same reason as above
    if (code == SQLITE_OK) return true;
    ended_by_ = &statement;
    ended_with_ = code;
    return false;
  };
  if (!done(*s.roll_back_to) || !done(*s.release)) roll_back_if_open();
}

void handle::interrupt() noexcept {
  if (sqlite3* db = to_interrupt_) sqlite3_interrupt(db);
}

void handle::fail_unordered(std::exception_ptr thrown) noexcept {
  thrown_ = std::move(thrown);
  unordered_ = true;
}

void handle::undo_unordered() noexcept {
  // An entry may lie where nobody finds it again. Ending the statement would commit it, but for
  // on_commit.
  if (running_ == nullptr || sqlite3_stmt_readonly(running_) != 0) return;
  sqlite3_reset(running_);
  roll_back_if_open();
}

void handle::fail(std::string sql) {
  if (thrown_ != nullptr) {
    if (unordered_) undo_unordered();
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
  const int code = sqlite3_extended_errcode(db_);
  if (code == SQLITE_INTERRUPT) cut_short_ = true;
  throw error(path_, std::move(sql), code, sqlite3_errmsg(db_), error_offset(db_));
}

int handle::on_progress(void* self) noexcept {
  auto& h = *static_cast<handle*>(self);
  // SQLite also asks when the statement is over: it would be reported as interrupted, and have
  // committed all the same.
  if (sqlite3_stmt_busy(h.running_) == 0) return 0;
  return h.hooks_.tick() ? 0 : 1;
}

int handle::on_busy(void* self, int attempts) noexcept {
  auto& h = *static_cast<handle*>(self);
  if (attempts == 0) h.paused_ = duration::zero();
  return h.pause_for_lock(attempts, h.paused_) ? 1 : 0;
}

bool handle::pause_for_lock(int attempt, duration& paused) noexcept {
  const duration pause = std::min(pause_before(attempt), busy_timeout_ - paused);
  if (pause <= duration::zero()) return false;
  paused += pause;
  if (hooks_.pause(pause)) return true;
  cut_short_ = true;
  return false;
}

int handle::on_commit(void* self) noexcept {
  return static_cast<handle*>(self)->is_to_fail() ? 1 : 0;
}

}  // namespace crossfade::sqlite::detail
