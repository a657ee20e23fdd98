#pragma once

#include <filesystem>
#include <string>

struct sqlite3;

namespace portfolio::blackbox {

/// The service's database, seen from outside by SQLite's own interface.
class database_file {
 public:
  explicit database_file(const std::filesystem::path& path);
  ~database_file();
  database_file(const database_file&) = delete;
  database_file& operator=(const database_file&) = delete;

  /// Runs a statement and gives its first column of its last row. Throws.
  std::string run(const std::string& sql);

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace portfolio::blackbox
