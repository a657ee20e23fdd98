#include "compat/sqlite/detail/copying.hpp"

#include <sqlite3.h>

#include <exception>
#include <string_view>
#include <utility>

#include "compat/detail/cancel_scope.hpp"
#include "compat/errors.hpp"
#include "compat/sleep.hpp"
#include "compat/sqlite/detail/piece.hpp"
#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite::detail {

task<lock::guard> copying::enter(connection& to) {
  to.require_at_home();
  if (to.in_own_transaction())
    throw usage_error(to.handle_.path() + ": a backup into it inside of with_transaction");
  lock::guard alone = co_await to.lock_.acquire();
  to.require_open();
  // Behind what its executor has been given before: from here on nothing else uses the handle.
  co_await to.run(connection::piece_kind::control, [](handle&) {});
  co_return alone;
}

task<> copying::run(const backup_options& options) {
  if (options.pages_per_step <= 0) {
    throw usage_error("backup: " + std::to_string(options.pages_per_step) +
                      " pages per step; expected at least 1");
  }
  from_.require_at_home();
  if (from_.in_own_transaction())
    throw usage_error(from_.handle_.path() + ": a backup of it inside of with_transaction");
  std::exception_ptr failure;
  try {
    co_await from_.exclusively([&](handle& h) { begin(h); });
    for (bool done = false; !done;) {
      backup_progress now{};
      co_await from_.exclusively([&](handle&) {
        done = step(options.pages_per_step);
        now = {sqlite3_backup_remaining(under_way_), sqlite3_backup_pagecount(under_way_)};
      });
      if (options.progress) options.progress(now);
      if (!done) co_await checkpoint();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  try {
    const crossfade::detail::cancel_scope until_ended(
        crossfade::detail::cancel_scope::kind::shield);
    co_await from_.exclusively([&](handle&) { end(); });
  } catch (const connection_closed&) {  // which has ended it
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

void copying::begin(handle& from) {
  from.add_copy(*this);
  if (to_ != nullptr) {
    target_ = to_->raw();
  } else {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                      SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path_.c_str(), &target_, flags, nullptr);
    if (code != SQLITE_OK) fail(code, sqlite3_errmsg(target_));
  }
  const std::string_view file = sqlite3_db_filename(target_, "main");
  if (to_ == nullptr && file.empty())
    throw usage_error("backup: \"" + path_ + "\" is no file; expected one, or a connection");
  if (target_ == from.raw() || (!file.empty() && file == sqlite3_db_filename(from.raw(), "main")))
    throw usage_error(path_ + ": a backup of the database into itself");
  from.wait_for_locks_of(target_);
  under_way_ = sqlite3_backup_init(target_, "main", from.raw(), "main");
  if (under_way_ == nullptr) fail(sqlite3_extended_errcode(target_), sqlite3_errmsg(target_));
}

bool copying::step(int pages) {
  const int code = sqlite3_backup_step(under_way_, pages);
  if (code != SQLITE_OK && code != SQLITE_DONE) fail(code, sqlite3_errstr(code));
  return code == SQLITE_DONE;
}

void copying::end() noexcept {
  from_.handle_.remove_copy(*this);
  sqlite3_backup_finish(std::exchange(under_way_, nullptr));
  sqlite3* const target = std::exchange(target_, nullptr);
  if (to_ == nullptr) {
    sqlite3_close(target);
  } else if (target != nullptr) {
    to_->wait_for_locks_of(target);
  }
}

void copying::fail(int code, const char* message) const {
  throw error(path_, {}, code, std::string("the backup fails: ") + message, {});
}

}  // namespace crossfade::sqlite::detail
