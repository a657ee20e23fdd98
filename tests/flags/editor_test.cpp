#include "flags/editor.hpp"

#include "flags/detail/json_splice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace crossfade::flags {
namespace {

using testing::HasSubstr;

// As a person writes it: two styles, members that nobody knows, an order of its own.
const std::string document = R"({
  "$schema": "https://flagd.dev/schema/v0/flags.json",
  "flags": {
    "prices": {
      "description": "caf\u00e9",
      "state": "ENABLED",
      "variants": { "fiber": "fiber",   "coro": "coro" },
      "defaultVariant": "fiber",
      "metadata": { "owner": "desk" }
    },
    "database": { "variants": {"fiber": "fiber", "coro": "coro"}, "state": "ENABLED", "x": [1,2 , 3.0] }
  },
  "unknown": 1e2
}
)";

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const auto at = text.find(part);
  EXPECT_NE(at, text.npos) << part;
  EXPECT_EQ(text.find(part, at + 1), text.npos) << "twice: " << part;
  return text.replace(at, part.size(), by);
}

class EditorTest : public testing::Test {
 protected:
  /// What the edit says when it is refused; the document must be as it was.
  template <class Edit>
  std::string refusal(editor& edited, const Edit& edit) {
    const std::string before = edited.text();
    try {
      edit(edited);
    } catch (const flag_error& error) {
      EXPECT_EQ(edited.text(), before);
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }

  editor editor_{document, "flags.json"};
};

TEST_F(EditorTest, SetsTheDefaultAndNothingElse) {
  editor_.set_default("prices", "coro");
  EXPECT_EQ(editor_.text(),
            replaced(document, R"("defaultVariant": "fiber")", R"("defaultVariant": "coro")"));
  editor_.set_default("prices", "fiber");
  EXPECT_EQ(editor_.text(), document);
}

TEST_F(EditorTest, AddsADefaultBehindTheVariants) {
  editor_.set_default("database", "coro");
  EXPECT_EQ(editor_.text(), replaced(document, R"("coro": "coro"}, "state")",
                                     R"("coro": "coro"}, "defaultVariant": "coro", "state")"));
}

TEST_F(EditorTest, EnablesAndDisables) {
  editor_.set_enabled("database", false);
  EXPECT_EQ(editor_.text(),
            replaced(document, R"("state": "ENABLED", "x")", R"("state": "DISABLED", "x")"));
  EXPECT_FALSE(editor_.current().find("database")->enabled);
  editor_.set_enabled("database", true);
  EXPECT_EQ(editor_.text(), document);
}

TEST_F(EditorTest, RolloutAddsARuleOnALineOfItsOwnAndThenChangesWeightsAlone) {
  editor_.set_rollout("prices", {10, 100});
  EXPECT_EQ(editor_.text(),
            replaced(document, "\"defaultVariant\": \"fiber\",\n",
                     "\"defaultVariant\": \"fiber\",\n      \"targeting\": {\"fractional\": "
                     "[[\"coro\", 10], [\"fiber\", 90]]},\n"));
  const std::string before = editor_.text();
  editor_.set_rollout("prices", {125, 1000});
  EXPECT_EQ(editor_.text(),
            replaced(before, R"(["coro", 10], ["fiber", 90])", R"(["coro", 125], ["fiber", 875])"));
}

TEST_F(EditorTest, RolloutKeepsConditionsAndKeysAheadOfThePercentage) {
  const std::string rule =
      R"({ "if": [ {"==": [{"var":"tier"}, "gold"]}, "coro",
                   {"fractional":[ {"var": "email"}, ["fiber",90], ["coro",10] ]} ] })";
  const std::string ruled = replaced(document, R"("x":)", "\"targeting\": " + rule + R"(, "x":)");
  editor edited(ruled, "flags.json");
  edited.set_rollout("database", {25, 100});
  EXPECT_EQ(edited.text(), replaced(replaced(ruled, R"(["fiber",90])", R"(["fiber",75])"),
                                    R"(["coro",10])", R"(["coro",25])"));
}

TEST_F(EditorTest, GrowingARolloutTakesCoroFromNobody) {
  std::string before;
  for (const char* percent : {"0", "0.125", "1", "12.5", "50", "99.9", "100"}) {
    editor_.set_rollout("prices", share::parse_percent(percent));
    std::string now;
    for (int i = 0; i < 2000; ++i) {
      const std::string key = "account-" + std::to_string(i);
      const bool coro = editor_.current().string("prices", "", key).value == "coro";
      now += coro ? '1' : '0';
      const bool had = !before.empty() && before[static_cast<std::size_t>(i)] == '1';
      EXPECT_TRUE(coro || !had) << key << " at " << percent;
    }
    before = now;
  }
  EXPECT_EQ(before, std::string(2000, '1'));
}

TEST_F(EditorTest, SettingAVariantForAllEndsARollout) {
  editor_.set_rollout("prices", {10, 100});
  editor_.set_for_all("prices", "coro");
  EXPECT_EQ(editor_.text(),
            replaced(document, R"("defaultVariant": "fiber")", R"("defaultVariant": "coro")"));
}

TEST_F(EditorTest, RuleByHandIsInTheWayUnlessItIsToBeReplaced) {
  const std::string ruled =
      replaced(document, R"("x":)", R"("targeting": {"if": [true, "coro", "fiber"]}, "x":)");
  editor edited(ruled, "flags.json");
  EXPECT_EQ(refusal(edited,
                    [](editor& e) {
                      e.set_rollout("database", {1, 100});
                    }),
            "flags.json: /flags/database/targeting is a rule by hand; expected none, or one that "
            "ends in {\"fractional\": [[\"coro\", N], [\"fiber\", M]]}");
  EXPECT_THROW(edited.set_for_all("database", "coro"), foreign_rule);
  edited.set_rollout("database", {1, 100}, by_hand::replace);
  EXPECT_EQ(edited.text(), replaced(ruled, R"({"if": [true, "coro", "fiber"]})",
                                    R"({"fractional": [["coro", 1], ["fiber", 99]]})"));
  editor again(ruled, "flags.json");
  again.set_for_all("database", "coro", by_hand::replace);
  EXPECT_EQ(again.text(), replaced(document, R"("coro": "coro"}, "state")",
                                   R"("coro": "coro"}, "defaultVariant": "coro", "state")"));
}

// Others have it too; its weights are not this flag's to change.
TEST_F(EditorTest, SharedRuleIsByHand) {
  std::string ruled = replaced(document, R"("x":)", R"("targeting": {"$ref": "tenth"}, "x":)");
  ruled = replaced(
      ruled, R"("unknown")",
      R"("$evaluators": {"tenth": {"fractional": [["coro", 1], ["fiber", 9]]}}, "unknown")");
  editor edited(ruled, "flags.json");
  EXPECT_EQ(progress_of(*edited.current().find("database")).stage, stage::canary);
  EXPECT_THROW(edited.set_rollout("database", {1, 100}), foreign_rule);
}

TEST_F(EditorTest, AddsAVariantForTheShadow) {
  editor_.add_variant("prices", "shadow");
  editor_.set_for_all("prices", "shadow");
  EXPECT_THAT(editor_.text(),
              HasSubstr(R"({ "fiber": "fiber",   "coro": "coro",   "shadow": "shadow" })"));
  EXPECT_EQ(progress_of(*editor_.current().find("prices")).stage, stage::shadow);
}

TEST_F(EditorTest, RemovesAVariantAndNothingElse) {
  editor_.set_default("prices", "coro");
  editor_.remove_variant("prices", "fiber");
  EXPECT_EQ(editor_.text(),
            replaced(replaced(document, R"("fiber": "fiber",   )", ""),
                     R"("defaultVariant": "fiber")", R"("defaultVariant": "coro")"));
  EXPECT_EQ(progress_of(*editor_.current().find("prices")).stage, stage::complete);
  editor_.remove_variant("database", "coro");
  EXPECT_THAT(editor_.text(),
              HasSubstr(R"("database": { "variants": {"fiber": "fiber"}, "state")"));
  editor_.remove_variant("database", "fiber");
  EXPECT_THAT(editor_.text(), HasSubstr(R"("database": { "variants": {}, "state")"));

  const std::string tall = replaced(document, R"({ "fiber": "fiber",   "coro": "coro" })",
                                    "{\n  \"fiber\": {\"a\": [1, 2]},\n  \"shadow\": {} ,\n  "
                                    "\"coro\": {\n    \"b\": \"}\"\n  }\n}");
  editor edited(tall, "flags.json");
  edited.remove_variant("prices", "shadow");
  const std::string two = replaced(tall, ",\n  \"shadow\": {}", "");
  EXPECT_EQ(edited.text(), two);
  edited.remove_variant("prices", "coro");
  EXPECT_EQ(edited.text(), replaced(two, " ,\n  \"coro\": {\n    \"b\": \"}\"\n  }", ""));
}

TEST_F(EditorTest, KeepsAVariantThatMayBeAnswered) {
  const auto remove = [](std::string key, std::string name) {
    return [=](editor& e) { e.remove_variant(key, name); };
  };
  EXPECT_EQ(refusal(editor_, remove("prices", "fiber")),
            R"(flags.json: /flags/prices/defaultVariant is "fiber"; expected another, for that )"
            "variant to go");
  EXPECT_EQ(refusal(editor_, remove("prices", "corro")),
            R"(flags.json: /flags/prices/variants has no "corro"; its variants are: "fiber", )"
            R"("coro")");
  EXPECT_EQ(refusal(editor_, remove("price", "fiber")),
            R"(flags.json: /flags has no flag "price"; expected one of: "database", "prices")");
  editor_.set_rollout("prices", {10, 100});
  EXPECT_EQ(refusal(editor_, remove("prices", "coro")),
            R"(flags.json: /flags/prices/targeting may name "coro"; expected no rule, for that )"
            "variant to go");
}

TEST_F(EditorTest, EditsAListOfFlagsInPlace) {
  const std::string list =
      R"({"flags":[{"key":"a/b","state":"ENABLED","variants":{"fiber":"fiber","coro":"coro"}}]})";
  editor edited(list, "list");
  edited.set_rollout("a/b", {50, 100});
  EXPECT_EQ(
      edited.text(),
      replaced(list, R"(}}]})", R"(},"targeting":{"fractional":[["coro",50],["fiber",50]]}}]})"));
  edited.set_for_all("a/b", "coro");
  edited.remove_variant("a/b", "fiber");
  EXPECT_EQ(edited.text(), replaced(replaced(list, R"("fiber":"fiber",)", ""), R"(}}]})",
                                    R"(},"defaultVariant":"coro"}]})"));
}

TEST_F(EditorTest, FindsFlagsWhoseKeysAreNoPlainWords) {
  const std::string odd =
      R"({"flags": {"a/b~\"c": {"state": "ENABLED", "variants": {"x": 1, "y": 2}, "defaultVariant": "x"}}})";
  editor edited(odd, "odd");
  edited.set_default("a/b~\"c", "y");
  EXPECT_EQ(edited.text(), replaced(odd, R"(t": "x")", R"(t": "y")"));
}

TEST_F(EditorTest, MessagesSayWhatIsThereInstead) {
  EXPECT_EQ(refusal(editor_, [](editor& e) { e.set_enabled("price", true); }),
            R"(flags.json: /flags has no flag "price"; expected one of: "database", "prices")");
  EXPECT_EQ(
      refusal(editor_, [](editor& e) { e.set_default("prices", "corro"); }),
      R"(flags.json: /flags/prices/variants has no "corro"; its variants are: "fiber", "coro")");
  EXPECT_EQ(refusal(editor_, [](editor& e) { e.add_variant("prices", "coro"); }),
            R"(flags.json: /flags/prices/variants has "coro"; expected a new name)");
  editor boolean(R"({"flags": {"on": {"state": "ENABLED", "variants": {"yes": true}}}})", "f");
  EXPECT_EQ(refusal(boolean,
                    [](editor& e) {
                      e.set_rollout("on", {1, 100});
                    }),
            R"(f: /flags/on/variants has no "coro"; its variants are: "yes")");
}

TEST_F(EditorTest, RefusesAMemberThatIsThereTwice) {
  try {
    const editor edited(
        replaced(document, "  \"unknown\"", "  \"a\": [{\"b\": 1,\n\"b\": 2}],\n  \"unknown\""),
        "f");
    FAIL() << "accepted";
  } catch (const flag_error& error) {
    EXPECT_STREQ(error.what(),
                 "f: /a/0/b is there twice, again at line 14; expected each member once, to edit "
                 "the one that counts");
  }
}

TEST_F(EditorTest, RefusesWhatDoesNotLoad) {
  EXPECT_THROW(editor("{}", "f"), flag_error);
  EXPECT_THROW(editor("", "f"), flag_error);
}

TEST(JsonSpliceTest, FollowsTheLayoutAround) {
  using detail::with_member;
  using detail::without_member;
  EXPECT_EQ(with_member("{}", "", "a", 1), R"({"a": 1})");
  EXPECT_EQ(with_member(R"( {"b":[ ]} )", "", "a", 1), R"( {"b":[ ],"a":1} )");
  EXPECT_EQ(with_member(R"({"b" : {}})", "", "a", {{"x", {1, 2}}}),
            R"({"b" : {}, "a" : {"x": [1, 2]}})");
  EXPECT_EQ(with_member("{\n\t\"b\": \"}\\\"\"\n}", "", "a", nullptr),
            "{\n\t\"b\": \"}\\\"\",\n\t\"a\": null\n}");
  EXPECT_EQ(with_member("{\n  \"b\": 1\n  ,\"c\": 2\n}", "", "a", 3),
            "{\n  \"b\": 1\n  ,\"c\": 2,\"a\": 3\n}");
  EXPECT_EQ(without_member(R"({"a": 1})", "", "a"), "{}");
  EXPECT_EQ(without_member(R"({ "a": 1, "b": 2 })", "", "a"), R"({ "b": 2 })");
  EXPECT_EQ(without_member(R"({ "a": 1, "b": 2 })", "", "b"), R"({ "a": 1 })");
  EXPECT_EQ(without_member(R"({ "a": 1, "b": 2, "c": 3 })", "", "b"), R"({ "a": 1, "c": 3 })");
  EXPECT_EQ(without_member(R"({ "a": 1 })", "", "b"), R"({ "a": 1 })");
}

}  // namespace
}  // namespace crossfade::flags
