#include "compat/sqlite/detail/columns.hpp"

#include <sqlite3.h>

#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite::detail {

namespace {

int index(std::size_t column) noexcept { return static_cast<int>(column); }

}  // namespace

std::size_t columns::size() const noexcept {
  return static_cast<std::size_t>(sqlite3_column_count(statement_));
}

std::string columns::name(std::size_t column) const {
  return sqlite3_column_name(statement_, index(column));
}

columns::storage columns::kind(std::size_t column) const noexcept {
  switch (sqlite3_column_type(statement_, index(column))) {
    case SQLITE_INTEGER:
      return storage::integer;
    case SQLITE_FLOAT:
      return storage::real;
    case SQLITE_TEXT:
      return storage::text;
    case SQLITE_BLOB:
      return storage::bytes;
    default:
      return storage::null;
  }
}

std::int64_t columns::integer(std::size_t column) const noexcept {
  return sqlite3_column_int64(statement_, index(column));
}

double columns::real(std::size_t column) const noexcept {
  return sqlite3_column_double(statement_, index(column));
}

std::string_view columns::text(std::size_t column) const noexcept {
  auto* first = reinterpret_cast<const char*>(sqlite3_column_text(statement_, index(column)));
  return {first, static_cast<std::size_t>(sqlite3_column_bytes(statement_, index(column)))};
}

value columns::get(std::size_t column) const {
  switch (kind(column)) {
    case storage::integer:
      return integer(column);
    case storage::real:
      return real(column);
    case storage::text:
      return std::string(text(column));
    case storage::bytes: {
      auto* first = static_cast<const std::byte*>(sqlite3_column_blob(statement_, index(column)));
      return blob(first, first + sqlite3_column_bytes(statement_, index(column)));
    }
    default:
      return nullptr;
  }
}

std::string columns::sql() const { return sqlite3_sql(statement_); }

void columns::require_size(std::size_t expected) const {
  if (size() != expected) throw_wrong_size(size(), expected, sql());
}

void columns::throw_mismatch(std::size_t column, const value& held, const char* expected) const {
  throw_wrong_type(column, name(column), held, expected, sql());
}

}  // namespace crossfade::sqlite::detail
