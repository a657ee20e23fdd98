#include "flags/kill_switch.hpp"

#include "flags/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

kill_switch parse_killed(std::string_view text) {
  return kill_switch::parse(text, "flags.json.kill");
}

TEST(KillSwitchTest, TextWithoutAKeyKillsEveryFlag) {
  for (const char* text : {"", "\n", "  \r\n\t\n", "# all of them\n", "  # all\n\n#"}) {
    const kill_switch found = parse_killed(text);
    EXPECT_TRUE(found.all) << text;
    EXPECT_TRUE(found.covers("whatever")) << text;
  }
}

TEST(KillSwitchTest, KillsTheKeysThatAreListed) {
  const kill_switch found =
      parse_killed("prices\n# why\n  database  # slow since noon\r\n\nprices");
  EXPECT_FALSE(found.all);
  EXPECT_THAT(found.keys, ElementsAre("database", "prices"));
  EXPECT_TRUE(found.covers("prices"));
  EXPECT_TRUE(found.covers("database"));
  EXPECT_FALSE(found.covers("price"));
  EXPECT_FALSE(found.covers(""));
}

TEST(KillSwitchTest, HashInsideOfAKeyBelongsToIt) {
  EXPECT_THAT(parse_killed("a#1 #2\nb c\n").keys, ElementsAre("a#1", "b c"));
}

TEST(KillSwitchTest, SkipsAByteOrderMark) {
  EXPECT_THAT(parse_killed("\xef\xbb\xbfprices").keys, ElementsAre("prices"));
}

TEST(KillSwitchTest, RefusesWhatIsNoText) {
  try {
    parse_killed(std::string_view("prices\n\0\0\0", 10));
    FAIL() << "accepted";
  } catch (const flag_error& error) {
    EXPECT_STREQ(error.what(),
                 "flags.json.kill: line 2 holds a control character; expected one flag key, or # "
                 "and a comment");
  }
}

TEST(KillSwitchTest, CoversNothingUnlessTold) {
  EXPECT_TRUE(kill_switch().covers_nothing());
  EXPECT_FALSE(kill_switch().covers("prices"));
  EXPECT_FALSE((kill_switch{.all = true, .keys = {}}.covers_nothing()));
}

TEST(KillSwitchTest, IsReadAsItWasWritten) {
  for (const kill_switch& killed :
       {kill_switch{true, {}}, kill_switch{false, {"a#1", "b c", "prices"}}}) {
    EXPECT_EQ(parse_killed(killed.to_text().value()), killed);
  }
}

// An empty text would kill every flag.
TEST(KillSwitchTest, HasNoTextIfNothingIsKilled) {
  EXPECT_EQ(kill_switch().to_text(), std::nullopt);
}

TEST(KillSwitchTest, RefusesToWriteAKeyThatWouldBeReadAsAnother) {
  for (const char* key : {"", " prices", "prices ", "#prices", "pri #ces", "a\nb"}) {
    const kill_switch killed{false, {key}};
    EXPECT_THROW(killed.to_text(), std::invalid_argument) << key;
  }
}

}  // namespace
}  // namespace crossfade::flags
