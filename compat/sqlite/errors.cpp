#include "compat/sqlite/errors.hpp"

#include <utility>

namespace crossfade::sqlite {

namespace {

std::string describe(const std::string& database, const std::string& sql, int code,
                     const std::string& message, std::optional<std::size_t> offset) {
  std::string text = database + ": " + message + " (code " + std::to_string(code) + ")";
  if (sql.empty()) return text;
  text += offset ? ", at byte " + std::to_string(*offset) + " of: " : ", in: ";
  return text += sql;
}

}  // namespace

error::error(const std::string& database, std::string sql, int code, const std::string& message,
             std::optional<std::size_t> offset)
    : std::runtime_error(describe(database, sql, code, message, offset)),
      sql_(std::move(sql)),
      code_(code),
      offset_(offset) {}

}  // namespace crossfade::sqlite
