#include "flags/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

snapshot with(const std::string& flags) {
  return snapshot::parse(R"({"flags": {)" + flags + "}}", "f");
}

const std::string variants = R"("variants": {"fiber": "fiber", "coro": "coro"}, )";

TEST(DifferenceTest, SaysWhatBecameOfEachPart) {
  const auto before =
      with(R"("p": {"state": "ENABLED", )" + variants + R"("defaultVariant": "fiber",
      "metadata": {"owner": "desk", "gone": 1}})");
  const auto after = with(R"("p": {"state": "ENABLED", "defaultVariant": "coro",
      "variants": {"fiber": "fibers", "coro": "coro", "shadow": true},
      "targeting": {"fractional": [["coro", 1], ["fiber", 7]]}, "metadata": {"owner": "web", "new": 2}})");
  const auto found = differences(before, after);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].key, "p");
  EXPECT_THAT(found[0].lines,
              ElementsAre("stage: off -> canary 12.5 %", "defaultVariant: fiber -> coro",
                          R"(targeting: none -> {"fractional":[["coro",1],["fiber",7]]})",
                          R"(variants.fiber: "fiber" -> "fibers")", "variants.shadow: none -> true",
                          "metadata.gone: 1 -> none", "metadata.new: none -> 2",
                          R"(metadata.owner: "desk" -> "web")"));
}

TEST(DifferenceTest, SaysWhichFlagsCameAndWent) {
  const auto before = with(R"("b": {"state": "DISABLED", "variants": {}})");
  const auto after = with(R"("a": {"state": "DISABLED", "variants": {"x": [1]}})");
  const auto found = differences(before, after);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[0].lines, ElementsAre(R"(added: {"state":"DISABLED","variants":{"x":[1]}})"));
  EXPECT_THAT(found[1].lines, ElementsAre("removed"));
}

TEST(DifferenceTest, OrderAndWhiteSpaceAreNone) {
  EXPECT_THAT(differences(with(R"("a": {"state": "DISABLED", "variants": {"x": 1, "y": 2}})"),
                          with(R"("a":{"variants":{"y":2,"x":1},"state":"DISABLED"})")),
              IsEmpty());
}

TEST(DifferenceTest, StateIsToldBesideTheStage) {
  const auto found = differences(
      with(R"("a": {"state": "ENABLED", )" + variants + R"("defaultVariant": "coro"})"),
      with(R"("a": {"state": "DISABLED", )" + variants + R"("defaultVariant": "coro"})"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].lines, ElementsAre("stage: live -> off", "state: ENABLED -> DISABLED"));
}

}  // namespace
}  // namespace crossfade::flags
