#include "compat/sqlite/detail/prepared.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <type_traits>

#include "compat/errors.hpp"
#include "compat/sqlite/detail/handle.hpp"

namespace crossfade::sqlite::detail {

namespace {

// Behind a comment it is not looked for.
bool begins_as_query(const char* sql) noexcept {
  while (*sql == ' ' || *sql == '\t' || *sql == '\n' || *sql == '\r' || *sql == '\f') ++sql;
  return sqlite3_strnicmp(sql, "SELECT", 6) == 0 || sqlite3_strnicmp(sql, "WITH", 4) == 0 ||
         sqlite3_strnicmp(sql, "VALUES", 6) == 0;
}

}  // namespace

// From the first bind to the last row. SQLite holds its locks until a statement is reset, and
// points to bound text that does not outlive the call.
class prepared::run {
 public:
  run(prepared& p, bound_values values) : prepared_(p) {
    p.bind(values);
    p.owner_.begin_statement(p.statement_, p.only_reads_);
  }
  ~run() {
    prepared_.owner_.end_statement();
    sqlite3_reset(prepared_.statement_);
    sqlite3_clear_bindings(prepared_.statement_);
  }
  run(const run&) = delete;
  run& operator=(const run&) = delete;

 private:
  prepared& prepared_;
};

prepared::prepared(handle& owner, std::string_view sql, lifetime use) : prepared(owner) {
  // SQLite refuses what is longer than its limit, which an int holds.
  constexpr std::size_t most = std::numeric_limits<int>::max();
  const char* rest =
      compile(sql.empty() ? "" : sql.data(), static_cast<int>(std::min(sql.size(), most)), use);
  if (empty()) throw usage_error(owner.path() + ": an empty statement; expected one to run");
  const std::string after(rest, sql.data() + sql.size());
  rest = after.c_str();
  if (!prepared(owner, rest).empty()) {
    throw usage_error(owner.path() + ": several statements; expected one, or execute_script for " +
                      "all. After the first: " + after);
  }
}

// With a size, SQLite would copy the rest of the script for each of its statements.
prepared::prepared(handle& owner, const char*& script) : prepared(owner) {
  script = compile(script, -1, lifetime::once);
}

const char* prepared::compile(const char* sql, int size, lifetime use) {
  const unsigned flags = use == lifetime::kept ? SQLITE_PREPARE_PERSISTENT : 0;
  const char* tail = nullptr;
  if (sqlite3_prepare_v3(owner_.raw(), sql, size, flags, &statement_, &tail) != SQLITE_OK)
    owner_.fail(size < 0 ? std::string(sql) : std::string(sql, static_cast<std::size_t>(size)));
  only_reads_ = !empty() && begins_as_query(sqlite3_sql(statement_)) &&
                sqlite3_stmt_readonly(statement_) != 0;
  return tail;
}

prepared::~prepared() { sqlite3_finalize(statement_); }

executed prepared::execute(bound_values values) {
  sqlite3* db = owner_.raw();
  const int before = sqlite3_total_changes(db);
  const run scope(*this, values);
  while (step()) {
  }
  // sqlite3_changes() keeps the count of the last statement that counted, so ask whether this one
  // did.
  const int changed = sqlite3_total_changes(db) != before ? sqlite3_changes(db) : 0;
  return {changed, sqlite3_last_insert_rowid(db)};
}

std::vector<row> prepared::query(bound_values values) {
  const run scope(*this, values);
  std::vector<row> rows;
  std::shared_ptr<result_shape> shape;
  const columns held(statement_);
  while (step()) {
    // Only now: the first step compiles the statement again if the schema has changed.
    if (shape == nullptr) {
      shape = std::make_shared<result_shape>(result_shape{sql(), {}});
      for (std::size_t i = 0; i < held.size(); ++i) shape->columns.push_back(held.name(i));
    }
    std::vector<value> values_of_row;
    values_of_row.reserve(shape->columns.size());
    for (std::size_t i = 0; i < shape->columns.size(); ++i) values_of_row.push_back(held.get(i));
    rows.emplace_back(shape, std::move(values_of_row));
  }
  return rows;
}

void prepared::query_into(bound_values values, row_sink& sink) {
  const run scope(*this, values);
  const columns held(statement_);
  while (step()) sink.take(held);
}

int prepared::step_once() const noexcept {
  sqlite3_step(statement_);
  return sqlite3_reset(statement_);
}

std::string prepared::sql() const { return sqlite3_sql(statement_); }

bool prepared::step() {
  const int code = sqlite3_step(statement_);
  if ((code != SQLITE_ROW && code != SQLITE_DONE) || owner_.is_to_fail()) owner_.fail(sql());
  return code == SQLITE_ROW;
}

void prepared::bind(bound_values values) {
  const auto parameters = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_));
  if (values.size() != parameters) {
    throw usage_error(owner_.path() + ": a statement with " + std::to_string(parameters) +
                      " parameters is given " + std::to_string(values.size()) +
                      " values, in: " + sql());
  }
  int index = 0;
  for (const bound& given : values) {
    ++index;
    const int code = std::visit(
        [this, index](const auto& v) {
          using type = std::remove_cvref_t<decltype(v)>;
          if constexpr (std::is_same_v<type, std::nullptr_t>) {
            return sqlite3_bind_null(statement_, index);
          } else if constexpr (std::is_same_v<type, std::int64_t>) {
            return sqlite3_bind_int64(statement_, index, v);
          } else if constexpr (std::is_same_v<type, double>) {
            return sqlite3_bind_double(statement_, index, v);
          } else if constexpr (std::is_same_v<type, std::string_view>) {
            // A null pointer would mean NULL, and an empty text may have one.
            return sqlite3_bind_text64(statement_, index, v.empty() ? "" : v.data(), v.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
          } else {
            return v.empty()
                       ? sqlite3_bind_zeroblob(statement_, index, 0)
                       : sqlite3_bind_blob64(statement_, index, v.data(), v.size(), SQLITE_STATIC);
          }
        },
        given);
    if (code != SQLITE_OK) owner_.fail(sql());
  }
}

}  // namespace crossfade::sqlite::detail
