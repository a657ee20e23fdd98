#include "tests/portfolio/service/database_file.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace portfolio::blackbox {

database_file::database_file(const std::filesystem::path& path) {
  if (::sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
    const std::string why = ::sqlite3_errmsg(db_);
    ::sqlite3_close(db_);
    throw std::runtime_error(path.string() + ": " + why);
  }
  ::sqlite3_busy_timeout(db_, 10'000);
}

database_file::~database_file() { ::sqlite3_close(db_); }

std::string database_file::run(const std::string& sql) {
  std::string last;
  const auto keep = [](void* kept, int, char** values, char**) {
    *static_cast<std::string*>(kept) = values[0] != nullptr ? values[0] : "";
    return 0;
  };
  if (::sqlite3_exec(db_, sql.c_str(), keep, &last, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + ::sqlite3_errmsg(db_));
  }
  return last;
}

}  // namespace portfolio::blackbox
