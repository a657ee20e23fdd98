#pragma once

#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compat/sqlite/detail/bound.hpp"
#include "compat/sqlite/detail/columns.hpp"
#include "compat/sqlite/row.hpp"

struct sqlite3_stmt;

namespace crossfade::sqlite::detail {

class handle;

/// A compiled statement. Part of a connection's work, as all of `handle` is.
class prepared {
 public:
  enum class lifetime : std::uint8_t { once, kept };

  /// Throws: `usage_error` unless `sql` is one statement.
  prepared(handle& owner, std::string_view sql, lifetime use);
  /// The first statement of a text that ends in NUL; `script` then points to what follows.
  prepared(handle& owner, const char*& script);
  ~prepared();
  prepared(const prepared&) = delete;
  prepared& operator=(const prepared&) = delete;

  /// There was no statement: white space and comments only.
  bool empty() const noexcept { return statement_ == nullptr; }
  executed execute(bound_values values);
  std::vector<row> query(bound_values values);
  void query_into(bound_values values, row_sink& sink);
  /// Without `executor::tick`. Gives SQLite's code.
  int step_once() const noexcept;
  std::string sql() const;

  /// Set on the loop's thread: whoever prepared the statement has let it go.
  std::atomic<bool> let_go = false;

 private:
  class run;

  explicit prepared(handle& owner) noexcept : owner_(owner) {}
  /// Gives what follows the first statement. `size`: as for sqlite3_prepare_v3.
  const char* compile(const char* sql, int size, lifetime use);
  /// False: there is no further row.
  bool step();
  void bind(bound_values values);

  handle& owner_;
  sqlite3_stmt* statement_ = nullptr;
  bool only_reads_ =
      false;  // a query: it changes nothing, nor, as BEGIN or a PRAGMA, the connection
};

}  // namespace crossfade::sqlite::detail
