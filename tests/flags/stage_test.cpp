#include "flags/stage.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace crossfade::flags {
namespace {

/// "canary 10 %", of a flag with these members.
std::string progress_text(const std::string& members, const std::string& more = "") {
  const auto snapshot =
      snapshot::parse(R"({"flags": {"prices": {)" + members + "}}" + more + "}", "f");
  const progress found = progress_of(*snapshot.find("prices"));
  return std::string(to_string(found.stage)) + (found.coro ? ' ' + found.coro->to_text() : "");
}

const std::string on = R"("state": "ENABLED", )";
const std::string both = R"("variants": {"fiber": "fiber", "coro": "coro"}, )";
const std::string rest_on_fiber = R"("defaultVariant": "fiber", )";

std::string targeted(const std::string& rule) {
  return on + both + rest_on_fiber + R"("targeting": )" + rule;
}

TEST(StageTest, WithoutARuleIsReadOffTheDefaultVariant) {
  EXPECT_EQ(progress_text(on + both + R"("defaultVariant": "fiber")"), "off 0 %");
  EXPECT_EQ(progress_text(on + both + R"("defaultVariant": null)"), "off 0 %");
  EXPECT_EQ(progress_text(on + both + R"("defaultVariant": "coro")"), "live 100 %");
  EXPECT_EQ(progress_text(on + R"("variants": {"coro": "coro"}, "defaultVariant": "coro")"),
            "complete 100 %");
  EXPECT_EQ(progress_text(on + R"("variants": {"fiber": "fiber", "shadow": "shadow"},
                                  "defaultVariant": "shadow")"),
            "shadow 0 %");
  EXPECT_EQ(progress_text(on + R"("variants": {"on": true}, "defaultVariant": "on")"), "custom");
  EXPECT_EQ(progress_text(on + R"("variants": {"on": true})"), "custom");
}

TEST(StageTest, DisabledFlagIsOffWhateverElseItSays) {
  EXPECT_EQ(progress_text(R"("state": "DISABLED", )" + both + R"("defaultVariant": "coro")"),
            "off 0 %");
  EXPECT_EQ(progress_text(R"("state": "DISABLED", )" + both +
                          R"("targeting": {"fractional": [["coro", 10], ["fiber", 90]]})"),
            "off 0 %");
}

TEST(StageTest, RuleThatEndsInAPercentageIsACanary) {
  EXPECT_EQ(progress_text(targeted(R"({"fractional": [["coro", 10], ["fiber", 90]]})")),
            "canary 10 %");
  EXPECT_EQ(progress_text(targeted(R"({"fractional": [["fiber", 1], ["coro", 2]]})")),
            "canary 66.667 %");
  EXPECT_EQ(
      progress_text(targeted(R"({"fractional": [{"var": "email"}, ["coro", 0], ["fiber", 9]]})")),
      "canary 0 %");
  EXPECT_EQ(progress_text(targeted(R"({"if": [{"in": [{"var": "targetingKey"}, ["a"]]}, "coro",
                                               {"fractional": [["coro", 125], ["fiber", 875]]}]})")),
            "canary 12.5 %");
}

TEST(StageTest, SharedRuleIsReadLikeOneOfItsOwn) {
  EXPECT_EQ(
      progress_text(targeted(R"({"$ref": "tenth"})"),
                    R"(, "$evaluators": {"tenth": {"fractional": [["coro", 1], ["fiber", 9]]}})"),
      "canary 10 %");
}

TEST(StageTest, AnyOtherRuleIsTheUsersOwn) {
  for (const char* rule : {
           R"({"fractional": [["coro", 10], ["fiber", 80], ["other", 10]]})",
           R"({"fractional": [["coro", 10], ["coro", 90]]})",
           R"({"fractional": [["coro"], ["fiber"]]})",
           R"({"fractional": [["coro", 0], ["fiber", 0]]})",
           R"({"fractional": [["coro", -1], ["fiber", 2]]})",
           R"({"fractional": [["coro", 2147483647], ["fiber", 1]]})",
           R"({"fractional": [["coro", 0.5], ["fiber", 0.5]]})",
           R"({"fractional": [["coro", {"var": "n"}], ["fiber", 1]]})",
           R"({"fractional": "coro"})",
           R"({"if": [true, {"fractional": [["coro", 10], ["fiber", 90]]}]})",
           R"({"if": [true, "coro", "fiber"]})",
           R"({"if": []})",
           R"("coro")",
       }) {
    EXPECT_EQ(progress_text(targeted(rule)), "custom") << rule;
  }
}

// Its rule may give coro, which is no variant.
TEST(StageTest, PercentageOfAVariantThatIsNotThereIsNoCanary) {
  EXPECT_EQ(progress_text(on + R"("variants": {"fiber": "fiber"},
                                  "targeting": {"fractional": [["coro", 10], ["fiber", 90]]})"),
            "custom");
}

TEST(ShareTest, IsReadExactlyAsPercentage) {
  const auto read = [](std::string_view text) {
    const share share = share::parse_percent(text);
    return std::to_string(share.weight) + '/' + std::to_string(share.sum);
  };
  EXPECT_EQ(read("0"), "0/100");
  EXPECT_EQ(read("10"), "10/100");
  EXPECT_EQ(read("100%"), "100/100");
  EXPECT_EQ(read("12.5 %"), "125/1000");
  EXPECT_EQ(read("0.125"), "125/100000");
  EXPECT_EQ(read("10.00"), "10/100");
}

TEST(ShareTest, RefusesWhatIsNoPercentage) {
  for (const char* text : {"", "%", "-1", "101", "100.001", "1e1", "ten", "1.", ".5", "0.1234",
                           "1 0", "0x10", "10 %%", "00000000000000000001"}) {
    EXPECT_THROW(share::parse_percent(text), std::invalid_argument) << text;
  }
}

TEST(ShareTest, IsToldToThreeDecimals) {
  EXPECT_EQ((share{1, 3}.to_text()), "33.333 %");
  EXPECT_EQ((share{100, 100}.to_text()), "100 %");
  EXPECT_EQ((share{1, 1000}.to_text()), "0.1 %");
}

}  // namespace
}  // namespace crossfade::flags
