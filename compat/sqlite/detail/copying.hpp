#pragma once

#include <string>

#include "compat/lock.hpp"
#include "compat/sqlite/backup.hpp"
#include "compat/sqlite/connection.hpp"
#include "compat/task.hpp"

struct sqlite3;
struct sqlite3_backup;

namespace crossfade::sqlite::detail {

/// One database on its way into another. What it says to SQLite is part of its source's work, also
/// where it is about the target, which nobody else uses.
class copying {
 public:
  copying(connection& from, std::string path) : from_(from), path_(std::move(path)) {}
  /// The caller has `to`, by `enter`.
  copying(connection& from, connection& to)
      : from_(from), to_(&to.handle_), path_(to.handle_.path()) {}
  copying(const copying&) = delete;
  copying& operator=(const copying&) = delete;

  /// Waits for a target.
  static task<lock::guard> enter(connection& to);
  /// Copies all, or leaves the target as it was.
  task<> run(const backup_options& options);
  /// Gives the target back, as it was unless the copy is whole. Part of the work.
  void end() noexcept;

 private:
  void begin(handle& from);
  /// True: it was the last.
  bool step(int pages);
  [[noreturn]] void fail(int code, const char* message) const;

  connection& from_;
  handle* const to_ = nullptr;  // null: a file
  const std::string path_;
  sqlite3* target_ = nullptr;  // null: not begun, or ended
  sqlite3_backup* under_way_ = nullptr;
};

}  // namespace crossfade::sqlite::detail
