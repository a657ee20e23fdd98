#include "compat/sqlite/migrations.hpp"

#include <string>
#include <vector>

#include "compat/sqlite/transaction.hpp"

namespace crossfade::sqlite {

namespace {

task<std::size_t> version_of(connection& db, std::size_t newest) {
  const std::vector<row> versions = co_await db.query("PRAGMA user_version");
  const auto found = versions.at(0).get<std::int64_t>(0);
  if (std::cmp_less(found, 0) || std::cmp_greater(found, newest)) {
    const std::vector<row> files =
        co_await db.query("SELECT file FROM pragma_database_list WHERE name = 'main'");
    throw unknown_version(files.at(0).get<std::string>(0), found, newest);
  }
  co_return static_cast<std::size_t>(found);
}

}  // namespace

unknown_version::unknown_version(const std::string& database, std::int64_t found,
                                 std::size_t newest)
    : std::runtime_error(database + ": user_version is " + std::to_string(found) +
                         "; expected 0 to " + std::to_string(newest) +
                         ", to which the steps known here lead"),
      found_(found),
      newest_(newest) {}

task<std::size_t> migrate(connection& db, std::span<const migration> steps) {
  std::size_t steps_run = 0;
  std::size_t version = co_await version_of(db, steps.size());
  auto step = [&]() -> task<bool> {
    version = co_await version_of(db, steps.size());  // others may have been quicker
    if (version == steps.size()) co_return false;
    co_await steps[version].run(db);
    const std::string set = "PRAGMA user_version = " + std::to_string(++version);
    co_await db.execute(set);
    co_return true;
  };
  while (version < steps.size()) {
    const bool has_run = co_await with_transaction(db, step);
    if (has_run) ++steps_run;
  }
  co_return steps_run;
}

task<std::size_t> migrate(pool& db, std::span<const migration> steps) {
  auto body = [&](connection& writer) { return migrate(writer, steps); };
  co_return co_await with_writer(db, body);
}

}  // namespace crossfade::sqlite
