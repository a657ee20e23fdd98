#include "flags/explanation.hpp"

#include "flags/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A flag with this rule, whose default is `fiber`.
snapshot ruled(const std::string& rule, const std::string& state = "ENABLED",
               fractional_generation generation = fractional_generation::v2) {
  return snapshot::parse(R"({"flags": {"p": {"state": ")" + state +
                             R"(", "variants": {"fiber": "fiber", "coro": "coro"},
                                "defaultVariant": "fiber", "targeting": )" +
                             rule + "}}}",
                         "f", generation);
}

TEST(AskTest, AnswersFlagsOfEveryType) {
  const auto flags = snapshot::parse(R"({"flags": {
      "b": {"state": "ENABLED", "variants": {"x": true}, "defaultVariant": "x"},
      "n": {"state": "ENABLED", "variants": {"x": 1.5}, "defaultVariant": "x"},
      "s": {"state": "ENABLED", "variants": {"x": "t"}, "defaultVariant": "x"},
      "o": {"state": "ENABLED", "variants": {"x": {"a": 1}}, "defaultVariant": "x"},
      "l": {"state": "ENABLED", "variants": {"x": [1]}, "defaultVariant": "x"}}})",
                                     "f");
  EXPECT_EQ(ask(flags, "b").value, json_value(true));
  EXPECT_EQ(ask(flags, "n").value, json_value(1.5));
  EXPECT_EQ(ask(flags, "s").value, json_value("t"));
  EXPECT_EQ(ask(flags, "o").value, json_value(json_text{R"({"a":1})"}));
  EXPECT_EQ(ask(flags, "o").variant, "x");
  EXPECT_EQ(ask(flags, "l").error, error_code::type_mismatch);
  EXPECT_EQ(ask(flags, "none").error, error_code::flag_not_found);
}

TEST(ExplanationTest, OfADefault) {
  EXPECT_THAT(
      explain(ruled("{}"), "p"),
      ElementsAre("the flag is ENABLED and has no rule: its default decides",
                  R"(defaultVariant is "fiber")", R"(so variant "fiber", "fiber", reason STATIC)"));
}

TEST(ExplanationTest, OfAFlagThatIsDisabledOrNotThere) {
  EXPECT_THAT(explain(ruled("{}", "DISABLED"), "p"),
              ElementsAre("the flag is DISABLED; its rule and its default do not count",
                          "so the code's default, reason DISABLED"));
  EXPECT_THAT(explain(ruled("{}"), "q"),
              ElementsAre("the file has no such flag",
                          "so the code's default, reason ERROR, error FLAG_NOT_FOUND"));
}

TEST(ExplanationTest, OfABucketHasTheHash) {
  // h of "ceQdGm" is the greatest there is, that of "ejOoVL" 0.
  const std::string by_name = R"({"fractional": [{"var": "name"}, ["coro", 10], ["fiber", 90]]})";
  EXPECT_THAT(
      explain(ruled(by_name), "p", context("", {{"name", "ceQdGm"}})),
      ElementsAre("the flag is ENABLED and has a rule",
                  R"(fractional hashes "ceQdGm" to 4294967295: slot 99 of 0 to 99)",
                  R"(it gives "fiber")", R"(so variant "fiber", "fiber", reason TARGETING_MATCH)"));
  EXPECT_THAT(explain(ruled(by_name), "p", context("", {{"name", "ejOoVL"}}))[1],
              HasSubstr("slot 0 of"));
}

TEST(ExplanationTest, OfAPercentageWithoutAKey) {
  EXPECT_THAT(explain(ruled(R"({"fractional": [["coro", 10], ["fiber", 90]]})"), "p"),
              ElementsAre("the flag is ENABLED and has a rule",
                          "fractional has nothing to go by: no key, as the context has no "
                          "targetingKey, or no weights",
                          "it gives null", R"(defaultVariant is "fiber")",
                          R"(so variant "fiber", "fiber", reason DEFAULT)"));
}

TEST(ExplanationTest, OfConditionsFollowsTheBranchTaken) {
  const auto flags = ruled(R"({"if": [{"==": [{"var": "tier"}, "gold"]}, "coro",
                                      {"==": [{"var": "tier"}, "odd"]}, {"if": [true, "other"]}]})");
  EXPECT_THAT(explain(flags, "p", context("", {{"tier", "gold"}})),
              ElementsAre("the flag is ENABLED and has a rule",
                          R"(condition {"==":[{"var":"tier"},"gold"]} holds)", R"(it gives "coro")",
                          R"(so variant "coro", "coro", reason TARGETING_MATCH)"));
  EXPECT_THAT(
      explain(flags, "p", context("", {{"tier", "odd"}})),
      ElementsAre("the flag is ENABLED and has a rule",
                  R"(condition {"==":[{"var":"tier"},"gold"]} does not hold)",
                  R"(condition {"==":[{"var":"tier"},"odd"]} holds)", "condition true holds",
                  R"(it gives "other")", "which is no variant's name",
                  "so the code's default, reason ERROR, error GENERAL"));
  EXPECT_THAT(explain(flags, "p")[3],
              "it gives null, for no condition holds and there is no other branch");
}

TEST(ExplanationTest, OfARuleThatFails) {
  EXPECT_THAT(
      explain(ruled(R"({"if": [{"no_such_operator": 1}, "coro"]})"), "p"),
      ElementsAre("the flag is ENABLED and has a rule",
                  R"(condition {"no_such_operator":1} gives a failure: it cannot be evaluated)",
                  "so the code's default, reason ERROR, error PARSE_ERROR"));
}

TEST(ExplanationTest, OfAnotherGenerationHasNoSlotOfThisOne) {
  const auto lines = explain(ruled(R"({"fractional": [["coro", 10], ["fiber", 90]]})", "ENABLED",
                                   fractional_generation::v1),
                             "p", context("a"));
  EXPECT_THAT(lines[1], HasSubstr("it gives"));
}

TEST(SimulationTest, GrowingAShareMovesKeysInAndNoneOut) {
  std::vector<std::string> keys;
  for (int i = 0; i < 10'000; ++i) keys.push_back("account-" + std::to_string(i));
  const auto tenth = assign(ruled(R"({"fractional": [["coro", 10], ["fiber", 90]]})"), "p", keys);
  const auto quarter = assign(ruled(R"({"fractional": [["coro", 25], ["fiber", 75]]})"), "p", keys);
  const auto counts = count(tenth);
  EXPECT_NEAR(static_cast<double>(counts.at("coro")), 1000, 150);
  EXPECT_EQ(counts.at("coro") + counts.at("fiber"), keys.size());
  const movement grown = moved(tenth, quarter, "coro");
  EXPECT_EQ(grown.out, 0U);
  EXPECT_EQ(grown.in, count(quarter).at("coro") - counts.at("coro"));
  EXPECT_EQ(moved(quarter, tenth, "coro").in, 0U);
  EXPECT_EQ(moved(quarter, tenth, "coro").out, grown.in);
}

TEST(SimulationTest, CodesDefaultHasNoName) {
  const std::vector<std::string> keys{"a", "b"};
  EXPECT_EQ(count(assign(ruled("{}", "DISABLED"), "p", keys)),
            (std::map<std::string, std::size_t>{{"", 2}}));
}

}  // namespace
}  // namespace crossfade::flags
