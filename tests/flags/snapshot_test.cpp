#include "flags/snapshot.hpp"

#include "flags/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

snapshot parse(const std::string& text) { return snapshot::parse(text, "flags.json"); }

/// Why `action` was refused, or what it did instead.
template <typename Action>
std::string refusal(Action action) {
  try {
    action();
    return "accepted";
  } catch (const flag_error& error) {
    return error.what();
  }
}

std::string refusal_of(const std::string& text) {
  return refusal([&] { parse(text); });
}

/// A document whose one flag is `prices`, with these members.
std::string with_flag(const std::string& members) {
  return R"({"flags": {"prices": {)" + members + "}}}";
}

const std::string two_variants = R"("variants": {"fiber": "fiber", "coro": "coro"})";

TEST(SnapshotTest, NamesTheFlagsThatThereAreInsteadOfTheOneThatIsNot) {
  const auto one = parse(with_flag(R"("state": "ENABLED", )" + two_variants));
  EXPECT_EQ(one.at("prices").key, "prices");
  EXPECT_EQ(refusal([&] { one.at("price"); }),
            R"(flags.json: /flags has no flag "price"; expected one of: "prices")");
  const auto none = parse(R"({"flags": {}})");
  EXPECT_EQ(refusal([&] { none.at("a"); }),
            R"(flags.json: /flags has no flag "a"; there are none)");
}

TEST(SnapshotTest, RefusesWithPlaceFactAndExpectation) {
  const std::vector<std::pair<std::string, std::string>> refusals = {
      {"[]", R"(flags.json: is []; expected an object with the member "flags")"},
      {"7", R"(flags.json: is 7; expected an object with the member "flags")"},
      {"{}", "flags.json: /flags is missing; expected an object of flags"},
      {R"({"flags": "x"})", R"(flags.json: /flags is "x"; expected an object of flags)"},
      {R"({"flags": {"a/b~": [1]}})", "flags.json: /flags/a~1b~0 is a list; expected a flag"},
      {R"({"flags": [{}]})", "flags.json: /flags/0/key is missing; expected a string"},
      {R"({"flags": ["x"]})", R"(flags.json: /flags/0 is "x"; expected a flag)"},
      {R"({"flags": {}, "metadata": 5})", "flags.json: /metadata is 5; expected an object"},
      {R"({"flags": {}, "$evaluators": []})", "flags.json: /$evaluators is []; expected an object"},
      {R"({"flags": {}, "$evaluators": {"e": {}}})",
       "flags.json: /$evaluators/e is {}; expected a rule"},
      {R"({"flags": {}, "$evaluators": {"e": null}})",
       "flags.json: /$evaluators/e is null; expected a rule"},
      {with_flag(two_variants),
       R"(flags.json: /flags/prices/state is missing; expected "ENABLED" or "DISABLED")"},
      {with_flag(R"("state": "DISABLE", )" + two_variants),
       R"(flags.json: /flags/prices/state is "DISABLE"; expected "ENABLED" or "DISABLED")"},
      {with_flag(R"("state": true, )" + two_variants),
       R"(flags.json: /flags/prices/state is true; expected "ENABLED" or "DISABLED")"},
      {with_flag(R"("state": "ENABLED")"),
       "flags.json: /flags/prices/variants is missing; expected an object of variants"},
      {with_flag(R"("state": "ENABLED", "variants": ["fiber"])"),
       "flags.json: /flags/prices/variants is a list; expected an object of variants"},
      {with_flag(R"("state": "ENABLED", "defaultVariant": "corro", )" + two_variants),
       R"(flags.json: /flags/prices/defaultVariant is "corro"; )"
       R"(expected one of its variants: "fiber", "coro")"},
      {with_flag(R"("state": "DISABLED", "defaultVariant": "corro", )" + two_variants),
       R"(flags.json: /flags/prices/defaultVariant is "corro"; )"
       R"(expected one of its variants: "fiber", "coro")"},
      {with_flag(R"("state": "ENABLED", "defaultVariant": "a", "variants": {})"),
       R"(flags.json: /flags/prices/defaultVariant is "a"; expected none, for it has no variants)"},
      {with_flag(R"("state": "ENABLED", "defaultVariant": 1, )" + two_variants),
       "flags.json: /flags/prices/defaultVariant is 1; expected a string"},
      {with_flag(R"("state": "ENABLED", "metadata": "x", )" + two_variants),
       R"(flags.json: /flags/prices/metadata is "x"; expected an object)"},
      {"\xef\xbb\xbf{}", "flags.json: begins with a byte order mark; expected UTF-8 without one"},
  };
  for (const auto& [text, message] : refusals) EXPECT_EQ(refusal_of(text), message) << text;
}

TEST(SnapshotTest, TellsWhereTheTextIsNotJson) {
  EXPECT_THAT(refusal_of("{\n  \"flags\": {},\n}"),
              StartsWith("flags.json: parse error at line 3, column 1: "));
  EXPECT_THAT(refusal_of(""), HasSubstr("unexpected end of input"));
  EXPECT_THAT(refusal_of("{\"flags\": \"\xff\"}"), HasSubstr("line 1, column 12"));
  EXPECT_EQ(refusal_of(with_flag(R"("variants": {"a": 1e400})")),
            "flags.json: number overflow parsing '1e400'");
}

TEST(SnapshotTest, RefusesWhatIsNestedTooDeep) {
  const auto nested = [](std::size_t lists) {
    return "{\n \"[ not \\\" me [\": " + std::string(lists, '[') + std::string(lists, ']') +
           ", \"flags\": {}}";
  };
  EXPECT_EQ(refusal_of(nested(511)), "accepted");
  EXPECT_EQ(refusal_of(nested(512)),
            "flags.json: nested too deep at line 2, column 530; expected at most 512 levels");
  EXPECT_THAT(refusal_of(std::string(1'000'000, '[')), HasSubstr("nested too deep"));
}

TEST(SnapshotTest, CarriesFileAndPointerInTheError) {
  try {
    parse(R"({"flags": 1})");
    FAIL();
  } catch (const flag_error& error) {
    EXPECT_EQ(error.file(), "flags.json");
    EXPECT_EQ(error.pointer(), "/flags");
  }
}

/// A flag `prices` with this rule.
snapshot prices_with(const std::string& rule,
                     fractional_generation generation = fractional_generation::v2) {
  return snapshot::parse(
      with_flag(R"("state": "ENABLED", "defaultVariant": "fiber", "targeting": )" + rule + ", " +
                two_variants),
      "flags.json", generation);
}

std::string roll_out(int percent) {
  return R"({"fractional": [["coro", )" + std::to_string(percent) + R"(], ["fiber", )" +
         std::to_string(100 - percent) + "]]}";
}

TEST(TargetingTest, SeesKeyAndAttributesOfTheContext) {
  const auto value = [](const std::string& rule, const context& context) {
    return std::string(prices_with(rule).string("prices", "", context).value);
  };
  const std::string gold = R"({"if": [{"==": [{"var": "tier"}, "gold"]}, "coro"]})";
  EXPECT_EQ(value(gold, {"user-42", {{"tier", "gold"}}}), "coro");
  EXPECT_EQ(value(gold, {"user-42", {{"tier", "lead"}}}), "fiber");
  EXPECT_EQ(value(gold, "user-42"), "fiber");
  const std::string old = R"({"if": [{">": [{"var": "age"}, 41]}, "coro"]})";
  EXPECT_EQ(value(old, {"", {{"age", 42}}}), "coro");
  const std::string staff = R"({"if": [{"===": [{"var": "staff"}, true]}, "coro"]})";
  EXPECT_EQ(value(staff, {"", {{"staff", true}}}), "coro");
  EXPECT_EQ(value(staff, {"", {{"staff", 1}}}), "fiber");
  const std::string last = R"({"if": [{"var": "h"}, "coro"]})";
  EXPECT_EQ(
      value(last,
            {"", {{"a", 0}, {"b", 0}, {"c", 0}, {"d", 0}, {"e", 0}, {"f", 0}, {"g", 0}, {"h", 1}}}),
      "coro");
  EXPECT_EQ(value(gold, context::parse(R"({"tier": "gold"})")), "coro");
  EXPECT_EQ(refusal([] { context::parse("[]"); }), "context: is no object; expected one");
}

TEST(TargetingTest, SeesTheTimeThatItIsEvaluatedAt) {
  const snapshot flags =
      prices_with(R"({"if": [{">=": [{"var": "$flagd.timestamp"}, 100]}, "coro"]})");
  using std::chrono::sys_seconds, std::chrono::seconds;
  EXPECT_EQ(flags.string("prices", "", context().at(sys_seconds(seconds(99)))).value, "fiber");
  EXPECT_EQ(flags.string("prices", "", context().at(sys_seconds(seconds(100)))).value, "coro");
}

TEST(TargetingTest, GrowingAPercentageNeverMovesMembersOut) {
  std::vector<bool> inside(1000);
  for (int percent = 0; percent <= 100; ++percent) {
    const snapshot flags = prices_with(roll_out(percent));
    for (std::size_t user = 0; user < inside.size(); ++user) {
      const std::string key = "user-" + std::to_string(user);
      const bool is_inside = flags.string("prices", "", key).value == "coro";
      EXPECT_TRUE(is_inside || !inside[user]) << key << " at " << percent;
      inside[user] = is_inside;
    }
  }
  EXPECT_EQ(std::count(inside.begin(), inside.end(), true), 1000);
}

TEST(TargetingTest, GenerationsOfFractionalBucketDifferently) {
  const auto members = [](fractional_generation generation) {
    const snapshot flags = prices_with(roll_out(50), generation);
    std::string result;
    for (int user = 0; user < 64; ++user) {
      result += flags.string("prices", "", std::to_string(user)).value.substr(0, 1);
    }
    return result;
  };
  const auto v1 = members(fractional_generation::v1);
  const auto v2 = members(fractional_generation::v2);
  const auto v3 = members(fractional_generation::v3);
  EXPECT_TRUE(v1 != v2 && v2 != v3 && v1 != v3) << v1 << v2 << v3;
}

TEST(TargetingTest, RuleThatWouldTakeTooMuchMemoryIsAnError) {
  std::string numbers = "1";
  for (int i = 0; i < 40; ++i) numbers += ",1";
  const snapshot flags =
      prices_with(R"({"reduce": [[)" + numbers +
                  R"(], {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]},
                                     [1]]})");
  EXPECT_EQ(flags.string("prices", "").error, error_code::general);
}

TEST(TargetingTest, SharedRulesThatMultiplyMakeTheirFlagFail) {
  std::string list = "1";
  for (int i = 0; i < 2000; ++i) list += ",1";
  std::string uses = R"({"$ref": "e"})";
  for (int i = 0; i < 1000; ++i) uses += R"(,{"$ref": "e"})";
  const snapshot flags = parse(R"({"$evaluators": {"e": [)" + list + R"(]}, "flags": {"prices": {
      "state": "ENABLED", "variants": {"a": "a"}, "targeting": {"merge": [)" +
                               uses + "]}}}}");
  EXPECT_EQ(flags.string("prices", "").error, error_code::parse_error);
}

TEST(TargetingTest, ListsWalkedInListsHaveALimit) {
  const auto nested = [](int levels) {
    std::string rule = R"("coro")";
    for (int i = 0; i < levels; ++i) rule = R"({"reduce": [[1], )" + rule + ", 0]}";
    return prices_with(rule);
  };
  EXPECT_EQ(nested(32).string("prices", "").value, "coro");
  EXPECT_EQ(nested(33).string("prices", "").error, error_code::parse_error);
}

TEST(SnapshotTest, ListsFlagsByKeyAndVariantsInTheOrderOfTheFile) {
  const snapshot flags = parse(R"({"flags": {
      "b": {"state": "ENABLED", "variants": {"y": 1, "x": true}, "defaultVariant": "x"},
      "a": {"state": "DISABLED", "variants": {"z": "text"}}}})");
  ASSERT_EQ(flags.flags().size(), 2u);
  const flag& a = flags.flags()[0];
  EXPECT_EQ(a.key, "a");
  EXPECT_FALSE(a.enabled);
  EXPECT_EQ(a.default_variant, std::nullopt);
  const flag& b = flags.flags()[1];
  EXPECT_EQ(&b, flags.find("b"));
  EXPECT_EQ(b.pointer, "/flags/b");
  EXPECT_THAT(b.variants, ElementsAre(variant{"y", 1.0}, variant{"x", true}));
  EXPECT_EQ(b.default_variant, 1u);
  EXPECT_EQ(flags.find("c"), nullptr);
}

TEST(SnapshotTest, TakesTheLastOfRepeatedKeys) {
  const std::string repeated =
      R"("k": {"state": "DISABLED", "variants": {}}, "k": {"state": "ENABLED", "variants": {}})";
  EXPECT_TRUE(parse(R"({"flags": {)" + repeated + "}}").find("k")->enabled);
  const snapshot list = parse(R"({"flags": [{"key": "k", "state": "DISABLED", "variants": {}},
                                            {"key": "k", "state": "ENABLED", "variants": {}}]})");
  ASSERT_EQ(list.flags().size(), 1u);
  EXPECT_EQ(list.find("k")->pointer, "/flags/1");
}

TEST(SnapshotTest, WritesValuesAsJson) {
  EXPECT_EQ(to_json(true), "true");
  EXPECT_EQ(to_json(10.0), "10");
  EXPECT_EQ(to_json(-2.5), "-2.5");
  EXPECT_EQ(to_json(std::string("say \"hi\"")), R"("say \"hi\"")");
  EXPECT_EQ(to_json(json_text{"[1]"}), "[1]");
}

TEST(SnapshotTest, NamesTheFileItCannotLoad) {
  const std::string missing = "no/such/flags.json";
  EXPECT_EQ(refusal([&] { snapshot::load(missing); }),
            missing + ": cannot be read: No such file or directory");
  EXPECT_EQ(refusal([] { snapshot::load("/dev/null"); }),
            "/dev/null: cannot be read: it is no regular file");
}

TEST(ChangedKeysTest, NamesAddedRemovedAndAltered) {
  const auto one = [](const std::string& key, const std::string& more) {
    return "\"" + key + R"(": {"state": "ENABLED", "variants": {"x": 1, "y": 2})" + more + "}";
  };
  const auto file = [](const std::string& flags) { return parse(R"({"flags": {)" + flags + "}}"); };
  const snapshot before =
      file(one("b", R"(, "defaultVariant": "x")") + "," + one("c", "") + "," + one("d", ""));
  EXPECT_THAT(changed_keys(before, before), IsEmpty());
  EXPECT_THAT(changed_keys({}, before), ElementsAre("b", "c", "d"));
  EXPECT_THAT(changed_keys(before, {}), ElementsAre("b", "c", "d"));
  const snapshot after = file(one("a", "") + "," + one("b", R"(, "defaultVariant": "y")") + "," +
                              one("d", R"(, "metadata": {"owner": "me"})"));
  EXPECT_THAT(changed_keys(before, after), ElementsAre("a", "b", "c", "d"));
}

TEST(ChangedKeysTest, SeesRulesAndTheSharedRulesTheyName) {
  const auto file = [](const std::string& rule, const std::string& shared) {
    return parse(R"({"$evaluators": {"e": )" + shared + R"(}, "flags": {"prices": {
        "state": "ENABLED", "variants": {"x": 1}, "targeting": )" +
                 rule + "}}}");
  };
  const snapshot before = file(R"({"if": [{"$ref": "e"}, "x"]})", "true");
  EXPECT_THAT(changed_keys(before, file(R"({"if": [{"$ref": "e"}, "x"]})", "true")), IsEmpty());
  EXPECT_THAT(changed_keys(before, file(R"({"if": [{"$ref": "e"}, "x"]})", "false")),
              ElementsAre("prices"));
  EXPECT_THAT(changed_keys(before, file("{}", "true")), ElementsAre("prices"));
}

TEST(ChangedKeysTest, OverlooksOrderAndUnknownMembers) {
  const snapshot before = parse(
      with_flag(R"("state": "ENABLED", "variants": {"x": 1, "y": 2}, "defaultVariant": "y")"));
  const snapshot after =
      parse(with_flag(R"("defaultVariant": "y", "variants": {"y": 2, "x": 1}, "state": "ENABLED",
                         "note": "the same")"));
  EXPECT_THAT(changed_keys(before, after), IsEmpty());
}

TEST(SnapshotTest, PossibleStringsAreThoseAnyContextMayGet) {
  const auto of = [](const std::string& members) {
    return possible_strings(
        snapshot::parse(
            R"({"flags": {"prices": {"variants": {"fiber": "fiber", "coro": "coro"}, )" + members +
                "}}}",
            "flags.json"),
        "prices");
  };
  const std::string rule = R"("targeting": {"fractional": [["coro", 10], ["fiber", 90]]}, )";
  EXPECT_THAT(of(R"("state": "ENABLED", "defaultVariant": "coro")"), ElementsAre("coro"));
  EXPECT_THAT(of(rule + R"("state": "ENABLED", "defaultVariant": "coro")"),
              ElementsAre("fiber", "coro"));
  EXPECT_THAT(of(rule + R"("state": "ENABLED")"), ElementsAre("fiber", "coro", ""));
  EXPECT_THAT(of(R"("state": "ENABLED")"), ElementsAre(""));
  EXPECT_THAT(of(rule + R"("state": "DISABLED", "defaultVariant": "coro")"), ElementsAre(""));
  EXPECT_THAT(possible_strings({}, "prices"), ElementsAre(""));
}

TEST(StringValuesMustBeTest, NamesFlagValueAndWhatWasExpected) {
  const auto check = string_values_must_be({"fiber", "coro"});
  const auto verdict = [&](const std::string& variants) {
    return refusal([&] { check(parse(with_flag(R"("state": "ENABLED", )" + variants))); });
  };
  EXPECT_EQ(verdict(two_variants), "accepted");
  EXPECT_EQ(verdict(R"("variants": {"fiber": "fiber", "co/ro": "corro"})"),
            R"(flags.json: /flags/prices/variants/co~1ro is "corro"; )"
            R"(expected one of: "fiber", "coro")");
  EXPECT_EQ(verdict(R"("variants": {"fiber": 1})"),
            R"(flags.json: /flags/prices/variants/fiber is 1; expected one of: "fiber", "coro")");
}

}  // namespace
}  // namespace crossfade::flags
