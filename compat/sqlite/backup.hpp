#pragma once

#include <functional>
#include <string_view>

#include "compat/sqlite/connection.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

struct backup_progress {
  int remaining_pages;
  int total_pages;
};

struct backup_options {
  /// How many pages are copied in one go, while nobody else has the connection.
  int pages_per_step = 100;
  /// Called after each step, by the task. What it throws ends the backup. (g++ 12 destroys
  /// temporaries of awaiting expressions twice: options with one need a name.)
  std::function<void(const backup_progress&)> progress = {};
};

/// Copies a database into the file `path`, which is made if there is none, in steps between which
/// others use the connection.
///
/// The target is replaced as a whole: it is locked from the first step on, by SQLite's own
/// transaction, and until the last one is done it is to everybody what it was before, also after a
/// crash; a file that was made is empty. What is written through `from` meanwhile is part of the
/// copy. What is written through other connections has SQLite begin anew; on a pool take
/// `with_writer`. The last step waits for the disk, and keeps the loop on the fiber driver.
/// Order: each step as a statement. Cancellation: between steps, or while the target is locked by
/// others, up to the busy timeout of `from`; the target is as before, which takes a turn of `from`:
/// who has that in a transaction does not join it.
/// Lifetime: `options` are used where they stand. Throws: `error` with SQLite's code;
/// `connection_closed` if `from` is closed meanwhile; `usage_error` inside of this task's
/// transaction, for the database itself or one in memory, and unless a step has pages.
/// Source: sqlite3.Connection.backup. Differs: main only; `sleep` is the busy timeout.
task<> backup(connection& from, std::string_view path, const backup_options& options = {});
/// Into what `to` has open, also in memory. The task has `to` for itself until the copy is whole.
/// Two such backups in opposite directions wait for each other. Throws: also `connection_closed` if
/// `to` is.
task<> backup(connection& from, connection& to, const backup_options& options = {});

}  // namespace crossfade::sqlite
