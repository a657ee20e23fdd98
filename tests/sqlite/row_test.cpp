#include "compat/sqlite/row.hpp"

#include "compat/errors.hpp"
#include "compat/sqlite/detail/bound.hpp"
#include "compat/sqlite/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace crossfade::sqlite {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

row of(std::vector<value> values) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < values.size(); ++i) names.push_back("c" + std::to_string(i));
  return {std::make_shared<detail::result_shape>(detail::result_shape{"SELECT *", names}),
          std::move(values)};
}

TEST(RowTest, ReadsColumnsAsWhatTheyHold) {
  const row r = of({std::int64_t{-1}, 2.5, std::string("text"), blob{std::byte{7}}, nullptr});
  const auto [integer, real, text, bytes, null] =
      r.as<int, double, std::string, blob, std::optional<int>>();
  EXPECT_EQ(integer, -1);
  EXPECT_EQ(real, 2.5);
  EXPECT_EQ(text, "text");
  EXPECT_EQ(bytes, blob{std::byte{7}});
  EXPECT_EQ(null, std::nullopt);
  EXPECT_EQ(r.get<std::optional<std::string>>(2), "text");
  EXPECT_EQ(r.get<value>(3), value(blob{std::byte{7}}));
  EXPECT_TRUE(r.get<bool>(0));
  EXPECT_EQ(r.get<double>(0), -1.0);
}

TEST(RowTest, SaysWhichColumnIsNotWhatItIsReadAs) {
  const row r = of({nullptr, std::string("7"), 1.0});
  EXPECT_THAT([&] { r.get<int>(0); },
              ThrowsMessage<type_error>("column 0 'c0' is NULL; expected INTEGER, in: SELECT *"));
  EXPECT_THAT([&] { r.get<double>(1); },
              ThrowsMessage<type_error>(HasSubstr("'c1' is TEXT; expected REAL")));
  EXPECT_THAT([&] { r.get<std::string>(2); },
              ThrowsMessage<type_error>(HasSubstr("'c2' is REAL; expected TEXT")));
  EXPECT_THAT([&] { r.get<blob>(1); },
              ThrowsMessage<type_error>(HasSubstr("'c1' is TEXT; expected BLOB")));
  EXPECT_THAT([&] { r.get<bool>(2); },
              ThrowsMessage<type_error>(HasSubstr("'c2' is REAL; expected INTEGER")));
}

TEST(RowTest, DoesNotCutIntegersShort) {
  const row r = of({std::int64_t{256}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()});
  EXPECT_THAT([&] { r.get<std::uint8_t>(0); },
              ThrowsMessage<type_error>(HasSubstr("'c0' is INTEGER 256; expected")));
  EXPECT_THROW(r.get<std::uint64_t>(1), type_error);
  EXPECT_THROW(r.get<int>(2), type_error);
  EXPECT_EQ(r.get<std::int16_t>(0), 256);
  EXPECT_EQ(r.get<std::uint64_t>(2), std::numeric_limits<std::int64_t>::max());
}

TEST(RowTest, RefusesColumnsThatAreNotThere) {
  const row r = of({std::int64_t{1}, std::int64_t{2}});
  EXPECT_THROW(r.get<int>(2), std::out_of_range);
  EXPECT_THAT([&] { r.as<int>(); },
              ThrowsMessage<type_error>("a row has 2 columns; expected 1, in: SELECT *"));
}

TEST(BoundTest, RefusesAnIntegerThatSqliteCannotHold) {
  EXPECT_THAT([] { detail::bind(std::uint64_t{1} << 63U); },
              ThrowsMessage<usage_error>(HasSubstr("9223372036854775808")));
}

TEST(BoundTest, TakesNoTypeThatWouldChangeOnTheWay) {
  static_assert(!bindable<char> && !bindable<char32_t>, "a character is not a number");
  static_assert(!bindable<void*> && !bindable<std::vector<int>>);
  static_assert(bindable<std::optional<std::string>> && !bindable<std::optional<char>>);
  static_assert(bindable<char[3]> && bindable<const char*> && bindable<std::nullptr_t>);
}

}  // namespace
}  // namespace crossfade::sqlite
