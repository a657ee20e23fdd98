#include "flags/overrides.hpp"

#include "flags/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <string>
#include <utility>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(OverridesTest, ChooseAVariantForEachFlag) {
  const auto found = overrides::parse("prices=fiber,database=coro");
  EXPECT_THAT(found.entries(), ElementsAre(Pair("database", "coro"), Pair("prices", "fiber")));
  EXPECT_EQ(found.variant_of("prices"), "fiber");
  EXPECT_EQ(found.variant_of("price"), std::nullopt);
}

TEST(OverridesTest, BlanksAroundNamesDoNotCount) {
  EXPECT_THAT(overrides::parse(" prices = fiber ,\n database=co=ro").entries(),
              ElementsAre(Pair("database", "co=ro"), Pair("prices", "fiber")));
}

TEST(OverridesTest, NothingOverridesNothing) {
  EXPECT_THAT(overrides::parse("").entries(), IsEmpty());
  EXPECT_THAT(overrides::parse(" \n").entries(), IsEmpty());
}

TEST(OverridesTest, MessageNamesTheEntryThatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"a=b,database", R"("database", which has no =)"},
      {"a=b,", R"("", which has no =)"},
      {"=coro", R"("=coro", which names no flag)"},
      {"a= ,b=c", R"("a=", which names no variant)"},
      {"a=b,c=d,a=b", R"("a=b", whose flag has one already)"},
  };
  for (const auto& [text, complaint] : wrong) {
    try {
      overrides::parse(text);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const flag_error& error) {
      EXPECT_EQ(error.what(), "CROSSFADE_FLAGS_OVERRIDE: has the entry " + std::string(complaint) +
                                  "; expected FLAG=VARIANT,FLAG=VARIANT");
    }
  }
}

TEST(OverridesTest, AreReadFromTheEnvironment) {
  ASSERT_EQ(::setenv(overrides::variable, "prices=coro", 1), 0);
  EXPECT_EQ(overrides::from_environment().variant_of("prices"), "coro");
  ASSERT_EQ(::unsetenv(overrides::variable), 0);
  EXPECT_THAT(overrides::from_environment().entries(), IsEmpty());
}

}  // namespace
}  // namespace crossfade::flags
