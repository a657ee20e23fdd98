#include "compat/sqlite/pool.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace crossfade::sqlite {
namespace {

struct thing {
  int id;
  std::string name;
  std::optional<double> weight;
  bool sold;
  blob picture;
  bool operator==(const thing&) const = default;
};

class QueryAsTest : public sqlite_test {
 protected:
  static constexpr auto all = "SELECT id, name, weight, sold, picture FROM thing ORDER BY id";
  task<std::unique_ptr<connection>> open_things() {
    auto db = co_await open_file();
    co_await db->execute_script(
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT, weight REAL, sold, picture BLOB);"
        "INSERT INTO thing VALUES (1, 'lamp', 2.5, 1, x'0102'), (2, '', NULL, 0, x'');");
    co_return db;
  }
  static const std::vector<thing>& things() {
    static const std::vector<thing> both{{1, "lamp", 2.5, true, {std::byte{1}, std::byte{2}}},
                                         {2, "", std::nullopt, false, {}}};
    return both;
  }
};
INSTANTIATE_TEST_SUITE_P(Hosts, QueryAsTest, settings(), setting_name);

TEST_P(QueryAsTest, ReadsEachRowAsAnAggregate) {
  run([&]() -> task<> {
    const auto db = co_await open_things();
    EXPECT_EQ(co_await db->query_as<thing>(all), things());
    auto statement = co_await db->prepare(all);
    EXPECT_EQ(co_await statement.query_as<thing>(), things());
    const auto pool = co_await open_pool(how(), path());
    EXPECT_EQ(co_await pool->query_as<thing>(all), things());
  });
}

TEST_P(QueryAsTest, ReadsEachRowAsATuple) {
  run([&]() -> task<> {
    const auto db = co_await open_things();
    using types = std::tuple<std::string, std::int64_t, value>;
    const std::vector<types> expected{{"lamp", 1, 2.5}};
    EXPECT_EQ(co_await db->query_as<types>("SELECT name, id, weight FROM thing WHERE id = ?", 1),
              expected);
    EXPECT_TRUE(
        (co_await db->query_as<types>("SELECT name, id, weight FROM thing WHERE id = 7")).empty());
  });
}

TEST_P(QueryAsTest, ReadsWhatRowsRead) {
  run([&]() -> task<> {
    const auto db = co_await open_things();
    EXPECT_EQ(std::get<0>((co_await db->query_as<std::tuple<double>>("SELECT 7")).at(0)), 7.0);
    for (const char* sql :
         {"SELECT 'x'", "SELECT 1.5", "SELECT NULL", "SELECT 70000", "SELECT x'00'"}) {
      SCOPED_TRACE(sql);
      const row read = (co_await db->query(sql)).at(0);
      const auto from_row = [&]() -> task<> {
        read.get<std::int16_t>(0);
        co_return;
      };
      const auto at_once = [&]() -> task<> {
        co_await db->query_as<std::tuple<std::int16_t>>(sql);
      };
      const std::string expected = co_await outcome_of(from_row);
      EXPECT_THAT(expected, testing::HasSubstr("type_error"));
      EXPECT_EQ(co_await outcome_of(at_once), expected);
    }
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT 1"), 1);
  });
}

TEST_P(QueryAsTest, RefusesAnotherNumberOfColumns) {
  run([&]() -> task<> {
    const auto db = co_await open_things();
    EXPECT_EQ(
        co_await outcome_of(
            [&]() -> task<> { co_await db->query_as<thing>("SELECT id, name FROM thing"); }),
        "sqlite::type_error: a row has 2 columns; expected 5, in: SELECT id, name FROM thing");
  });
}

static_assert(row_type<thing> && row_type<std::tuple<int>> && !row_type<int>);

}  // namespace
}  // namespace crossfade::sqlite
