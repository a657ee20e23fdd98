#pragma once

#include "compat/sqlite/connection.hpp"
#include "compat/sqlite/errors.hpp"
#include "compat/sqlite/transaction.hpp"
#include "coro_backend/sqlite_driver.hpp"
#include "fiber_backend/sqlite_driver.hpp"
#include "test_kit/loop_test.hpp"

#include <sqlite3.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>

namespace crossfade::sqlite {

using namespace test_kit;

/// Which driver, and in which cell the tasks run that use it.
enum class driver_kind : std::uint8_t { fiber, coro };
using setting = std::tuple<driver_kind, cell>;

inline auto settings() {
  return testing::Combine(testing::Values(driver_kind::fiber, driver_kind::coro), cells());
}
inline std::string setting_name(const testing::TestParamInfo<setting>& info) {
  const auto [kind, where] = info.param;
  return std::string(kind == driver_kind::fiber ? "fiber_driver_" : "coro_driver_") + where.name();
}

/// A folder that goes with the test.
class scratch_folder {
 public:
  scratch_folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "crossfade-sqlite-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  ~scratch_folder() { std::filesystem::remove_all(path_); }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A test on one driver, in one cell, with files of its own. In real time: a thread takes none of
/// the virtual one.
class sqlite_test : public loop_test, public testing::WithParamInterface<setting> {
 protected:
  sqlite_test() : loop_test({.virtual_time = false}) {}

  driver_kind kind() const { return std::get<driver_kind>(GetParam()); }
  void run(const std::function<task<>()>& body) { backends_.run(std::get<cell>(GetParam()), body); }
  child<> spawn(task_group& group, std::function<task<>()> text) {
    return backends_.spawn(group, std::get<cell>(GetParam()), std::move(text));
  }

  std::string path(const std::string& name = "test.db") const { return folder_ / name; }
  task<std::unique_ptr<connection>> open_file(const connection_options& options = {}) {
    co_return co_await open(how(), path(), options);
  }
  const driver& how() const {
    if (kind() == driver_kind::fiber) return fiber_;
    return coro_;
  }
  /// Gives other tasks a turn as often as SQLite allows.
  const driver& restless() const {
    if (kind() == driver_kind::fiber) return restless_;
    return coro_;
  }
  /// Waits until `victim` has come so many steps further: on the fiber driver a statement runs in
  /// turns of the task, on the other it is one wait.
  task<> steps(const child<>& victim, unsigned count) {
    const std::uint64_t before = victim.record().waits;
    for (unsigned turns = 0; !victim.done(); ++turns) {
      const auto gone = kind() == driver_kind::fiber ? turns : victim.record().waits - before;
      if (gone >= count) co_return;
      co_await checkpoint();
    }
  }

 private:
  scratch_folder folder_;
  fiber_backend::sqlite_driver fiber_;
  fiber_backend::sqlite_driver restless_{{.instructions = 1, .slice = 0ns}};
  coro_backend::sqlite_driver coro_;
};

/// What `text()` throws, which must be an `error`.
template <class Text>
task<error> error_of(Text&& text) {
  try {
    co_await text();
  } catch (const error& e) {
    co_return e;
  }
  throw std::logic_error("expected a crossfade::sqlite::error, and nothing was thrown");
}

/// The only value of the only row.
template <class T>
task<T> value_of(connection& db, std::string_view sql) {
  const std::vector<row> rows = co_await db.query(sql);
  EXPECT_EQ(rows.size(), 1U) << sql;
  co_return std::get<0>(rows.at(0).as<T>());
}

/// A query without an end.
inline constexpr auto endless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

}  // namespace crossfade::sqlite
