#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace crossfade::sqlite {

/// SQLite refused or failed; says of which database, in which statement and, where SQLite knows,
/// at which place of it.
class error : public std::runtime_error {
 public:
  error(const std::string& database, std::string sql, int code, const std::string& message,
        std::optional<std::size_t> offset);

  /// SQLite's extended result code, such as SQLITE_CONSTRAINT_UNIQUE.
  int code() const noexcept { return code_; }
  /// The code without its extension, such as SQLITE_CONSTRAINT.
  int primary_code() const noexcept { return code_ & 0xff; }
  /// The statement; empty if there was none.
  const std::string& sql() const noexcept { return sql_; }
  /// The byte of `sql` that SQLite takes for the culprit.
  std::optional<std::size_t> offset() const noexcept { return offset_; }

 private:
  std::string sql_;
  int code_;
  std::optional<std::size_t> offset_;
};

/// A column holds something else than what it was read as.
class type_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The connection was closed before the statement's turn came; the statement did not run.
class connection_closed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace crossfade::sqlite
