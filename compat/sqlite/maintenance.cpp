#include "compat/sqlite/maintenance.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "compat/detail/cancel_scope.hpp"
#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite {

namespace {

// A file that is removed unless it is put in its place.
class unfinished_file {
 public:
  explicit unfinished_file(const std::filesystem::path& beside) : name_(beside) {
    static std::atomic<unsigned> made = 0;
    name_ += ".unfinished-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
  }
  ~unfinished_file() {
    std::error_code ignored;
    std::filesystem::remove(name_, ignored);
  }
  unfinished_file(const unfinished_file&) = delete;
  unfinished_file& operator=(const unfinished_file&) = delete;

  const std::string& name() const noexcept { return name_.native(); }
  void put_at(const std::filesystem::path& place) { std::filesystem::rename(name_, place); }

 private:
  std::filesystem::path name_;
};

// SQLite, interrupted when it has just attached what it builds, forgets to detach it, and could
// never build another.
task<> detach_what_is_left(connection& of) {
  const crossfade::detail::cancel_scope until_done(crossfade::detail::cancel_scope::kind::shield);
  const std::vector<row> left =
      co_await of.query("SELECT 1 FROM pragma_database_list WHERE name = 'vacuum_db'");
  if (!left.empty()) co_await of.execute("DETACH vacuum_db");
}

template <class... V>
task<> run_vacuum(connection& on, const char* sql, const V&... values) {
  std::exception_ptr failure;
  try {
    co_await on.execute(sql, values...);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure == nullptr) co_return;
  try {
    co_await detach_what_is_left(on);
  } catch (const connection_closed&) {  // with all that was attached
  }
  std::rethrow_exception(failure);
}

}  // namespace

task<checkpoint_result> wal_checkpoint(connection& on, checkpoint_mode mode) {
  static constexpr std::array statements{
      "PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(FULL)",
      "PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)"};
  const char* sql = statements.at(static_cast<std::size_t>(mode));
  const std::vector<row> rows = co_await on.query(sql);
  const auto [busy, in_log, copied] = rows.at(0).as<bool, std::int64_t, std::int64_t>();
  co_return checkpoint_result{busy, in_log, copied};
}

task<> vacuum(connection& on) { co_await run_vacuum(on, "VACUUM"); }

task<> vacuum_into(connection& from, std::string_view path) {
  const std::filesystem::path place(path);
  const char* sql = "VACUUM INTO ?";
  if (std::filesystem::exists(place))
    throw error(place.native(), sql, SQLITE_CANTOPEN, "the file exists; expected a new one", {});
  unfinished_file copy(place);
  co_await run_vacuum(from, sql, copy.name());
  copy.put_at(place);
}

}  // namespace crossfade::sqlite
