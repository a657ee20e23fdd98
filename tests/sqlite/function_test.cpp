#include "compat/sleep.hpp"
#include "tests/sqlite/sqlite_test.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;

class FunctionTest : public sqlite_test {};
INSTANTIATE_TEST_SUITE_P(Hosts, FunctionTest, settings(), setting_name);

std::int64_t add(std::int64_t a, std::int64_t b) { return a + b; }

TEST_P(FunctionTest, TakesAndGivesWhatColumnsHold) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    auto half = [](double x) { return x / 2; };
    auto is_not = [](bool x) noexcept { return !x; };
    auto twice = [](std::string_view x) { return std::string(x) + std::string(x); };
    auto reversed = [](std::span<const std::byte> x) { return blob(x.rbegin(), x.rend()); };
    auto or_zero = [](const std::optional<int>& x) { return x.value_or(0); };
    auto positive = [](int x) -> std::optional<std::string> {
      if (x <= 0) return std::nullopt;
      return "yes";
    };
    auto same = [](const value& x) { return x; };
    co_await db->create_function("add_up", &add);
    co_await db->create_function("half", half);
    co_await db->create_function("is_not", is_not);
    co_await db->create_function("twice", twice);
    co_await db->create_function("reversed", reversed);
    co_await db->create_function("or_zero", or_zero);
    co_await db->create_function("positive", positive);
    co_await db->create_function("same", same);
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT add_up(40, 2)"), 42);
    EXPECT_EQ(co_await value_of<double>(*db, "SELECT half(5)"), 2.5);
    EXPECT_EQ(co_await value_of<bool>(*db, "SELECT is_not(0)"), true);
    EXPECT_EQ(co_await value_of<std::string>(*db, "SELECT twice('ab')"), "abab");
    EXPECT_EQ(co_await value_of<std::string>(*db, "SELECT twice('')"), "");
    const blob backwards{std::byte{2}, std::byte{1}};
    EXPECT_EQ(co_await value_of<blob>(*db, "SELECT reversed(x'0102')"), backwards);
    EXPECT_EQ(co_await value_of<blob>(*db, "SELECT reversed(x'')"), blob());
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT or_zero(NULL)"), 0);
    EXPECT_EQ(co_await value_of<std::optional<std::string>>(*db, "SELECT positive(0)"),
              std::nullopt);
    EXPECT_EQ(co_await value_of<std::string>(*db, "SELECT typeof(same(1.5))"), "real");
  });
}

TEST_P(FunctionTest, TakesAnyNumberOfArguments) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    int calls = 0;
    auto count_nulls = [&calls](std::span<const value> given) {
      ++calls;
      return std::ranges::count(given, value(nullptr));
    };
    auto no_result = [&calls] { ++calls; };
    co_await db->create_function("count_nulls", count_nulls);
    co_await db->create_function("no_result", no_result);
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count_nulls()"), 0);
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count_nulls(1, NULL, '', NULL)"), 2);
    EXPECT_EQ(co_await value_of<std::optional<int>>(*db, "SELECT no_result()"), std::nullopt);
    EXPECT_EQ(calls, 3);
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await db->query("SELECT no_result(1)"); }),
                HasSubstr("wrong number of arguments"));
  });
}

TEST_P(FunctionTest, RefusesArgumentsOfAnotherType) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    auto small = [](int, std::int8_t x) { return x; };
    co_await db->create_function("small", small);
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await db->query("SELECT small(1, 'one')"); }),
        HasSubstr("argument 2 of small() is TEXT; expected INTEGER"));
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await db->query("SELECT small(NULL, 1)"); }),
        HasSubstr("argument 1 of small() is NULL; expected INTEGER"));
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await db->query("SELECT small(1, 300)"); }),
        HasSubstr("argument 2 of small() is INTEGER 300; expected"));
    try {
      co_await db->query("SELECT small(1, 1.5)");
      ADD_FAILURE() << "nothing was thrown";
    } catch (const type_error&) {
    }
  });
}

TEST_P(FunctionTest, WhatItThrowsComesOutOfTheStatement) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    auto throw_int = [](int x) -> int { throw x; };
    auto throw_error = [](int) -> int { throw std::runtime_error("no"); };
    co_await db->create_function("throw_int", throw_int);
    co_await db->create_function("throw_error", throw_error);
    co_await db->execute("CREATE TABLE t (x)");
    int caught = 0;
    try {
      co_await db->execute("INSERT INTO t VALUES (throw_int(42))");
    } catch (int thrown) {
      caught = thrown;
    }
    EXPECT_EQ(caught, 42);
    EXPECT_EQ(co_await outcome_of(
                  [&]() -> task<> { co_await db->query("SELECT throw_error(1) WHERE 1"); }),
              "exception: no");
    // The next failure is its own.
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await db->query("SELECT none"); }),
                HasSubstr("no such column"));
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT count(*) FROM t"), 0);
  });
}

TEST_P(FunctionTest, ThatThrowsUndoesItsStatementAndNotTheTransaction) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    co_await db->execute("CREATE TABLE t (x)");
    auto below_three = [](int x) {
      if (x >= 3) throw std::runtime_error("three");
      return x;
    };
    co_await db->create_function("below_three", below_three);
    auto fill = [&]() -> task<> {
      co_await db->execute(
          "INSERT INTO t WITH n(i) AS (VALUES (1), (2), (3)) SELECT below_three(i) FROM n");
    };
    auto body = [&]() -> task<> {
      co_await db->execute("INSERT INTO t VALUES (0)");
      EXPECT_EQ(co_await outcome_of(fill), "exception: three");
      co_await db->execute("INSERT INTO t VALUES (4)");
    };
    co_await with_transaction(*db, body);
    EXPECT_EQ(co_await value_of<std::string>(*db, "SELECT group_concat(x) FROM t"), "0,4");
  });
}

TEST_P(FunctionTest, DoesNotWait) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    auto wait = [] { await(checkpoint()); };
    co_await db->create_function("wait", wait);
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await db->query("SELECT wait()"); }),
                HasSubstr("usage_error"));
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT 1"), 1);
  });
}

TEST_P(FunctionTest, IsCalledWhereStatementsRun) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    std::thread::id called_on;
    auto note = [&] { called_on = std::this_thread::get_id(); };
    co_await db->create_function("note", note);
    co_await db->query("SELECT note()");
    EXPECT_EQ(called_on == std::this_thread::get_id(), kind() == driver_kind::fiber);
  });
}

TEST_P(FunctionTest, DeterministicOnesMayStandInAnIndex) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    auto negative = [](std::int64_t x) { return -x; };
    co_await db->create_function("sure", negative, {.deterministic = true});
    co_await db->create_function("unsure", negative);
    co_await db->execute("CREATE TABLE t (x)");
    co_await db->execute("CREATE INDEX i ON t (sure(x))");
    EXPECT_THAT(co_await outcome_of(
                    [&]() -> task<> { co_await db->execute("CREATE INDEX j ON t (unsure(x))"); }),
                HasSubstr("non-deterministic"));
  });
}

TEST_P(FunctionTest, LivesUntilItIsReplacedOrTheConnectionCloses) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    const auto first = std::make_shared<int>(1);
    const auto second = std::make_shared<int>(2);
    auto get_first = [first] { return *first; };
    auto get_second = [second] { return *second; };
    EXPECT_EQ(first.use_count(), 2);
    co_await db->create_function("f", get_first);
    EXPECT_EQ(first.use_count(), 3);
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT f()"), 1);
    co_await db->create_function("f", get_second);
    EXPECT_EQ(first.use_count(), 2);
    EXPECT_EQ(co_await value_of<int>(*db, "SELECT f()"), 2);
    co_await db->close();
    EXPECT_EQ(second.use_count(), 2);
    EXPECT_THAT(
        co_await outcome_of([&]() -> task<> { co_await db->create_function("f", get_first); }),
        HasSubstr("the connection is closed"));
    EXPECT_EQ(first.use_count(), 2);
  });
}

TEST_P(FunctionTest, SaysWhyItCannotBeCreated) {
  run([&]() -> task<> {
    const auto db = co_await open(how(), ":memory:");
    const auto held = std::make_shared<int>(1);
    const std::string name(300, 'f');
    auto f = [held] { return *held; };
    const error e = co_await error_of([&]() -> task<> { co_await db->create_function(name, f); });
    EXPECT_EQ(e.code(), SQLITE_MISUSE);
    EXPECT_THAT(e.what(), HasSubstr(name + " cannot be created"));
    EXPECT_EQ(held.use_count(), 2);  // `held` and `f`
  });
}

TEST(CallableFromSqlTest, HasOneSignatureOfReadableTypes) {
  auto of_any = [](auto x) { return x; };
  auto of_char = [](char) {};
  auto of_pointer = [](const char*) {};
  auto gives_pointer = []() -> void* { return nullptr; };
  static_assert(detail::callable_from_sql<decltype(&add)>);
  static_assert(!detail::callable_from_sql<decltype(of_any)>);
  static_assert(!detail::callable_from_sql<decltype(of_char)>);
  static_assert(!detail::callable_from_sql<decltype(of_pointer)>);
  static_assert(!detail::callable_from_sql<decltype(gives_pointer)>);
}

}  // namespace
}  // namespace crossfade::sqlite
