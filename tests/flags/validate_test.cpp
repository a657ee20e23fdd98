#include "flags/validate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> objections_to(const std::string& text, schema schema = schema::flags) {
  std::vector<std::string> lines;
  for (const violation& each : validate(text, "flags.json", schema)) {
    lines.push_back(to_string(each));
  }
  return lines;
}

/// Those to a rule of the flag `prices`, without where that is.
std::vector<std::string> objections_to_rule(const std::string& rule) {
  const std::string where = "flags.json: warning: /flags/prices/targeting";
  std::vector<std::string> lines = objections_to(
      R"({"$evaluators": {"gold": {"==": [{"var": "tier"}, "gold"]}}, "flags": {"prices": {
          "state": "ENABLED", "variants": {"fiber": "fiber", "coro": "coro"},
          "defaultVariant": "fiber", "targeting": )" +
      rule + "}}}");
  for (std::string& line : lines) {
    EXPECT_THAT(line, StartsWith(where));
    line.erase(0, where.size());
  }
  return lines;
}

TEST(ValidateTest, ListsAllThatIsWrongWithADocument) {
  EXPECT_THAT(
      objections_to(R"({"metadata": {"owner": []}, "$evaluators": {"e": {}}, "flags": {
          "": {"state": "ENABLED", "variants": {"a": 1}},
          "b/c": {"state": "enabled", "variants": {"a": true, "b": "x", "c": []},
                  "defaultVariant": "d", "metadata": {"team": {}}},
          "d": 5, "e": {"state": "ENABLED", "variants": {}}}})"),
      ElementsAre(
          "flags.json: error: /$evaluators/e is {}; expected a rule",
          "flags.json: warning: /metadata/owner is []; expected a string, a number or a "
          "boolean",
          R"(flags.json: warning: /flags/ has the name ""; expected at least one character, )"
          "on one line",
          R"(flags.json: error: /flags/b~1c/state is "enabled"; expected "ENABLED" or )"
          R"("DISABLED")",
          R"(flags.json: warning: /flags/b~1c/variants/b is "x"; expected a boolean, as the )"
          "first variant is",
          "flags.json: warning: /flags/b~1c/variants/c is []; expected a boolean, a number, "
          "a string or an object",
          R"(flags.json: error: /flags/b~1c/defaultVariant is "d"; expected one of its )"
          R"(variants: "a", "b", "c")",
          "flags.json: warning: /flags/b~1c/metadata/team is {}; expected a string, a "
          "number or a boolean",
          "flags.json: error: /flags/d is 5; expected a flag",
          "flags.json: warning: /flags/e/variants is {}; expected at least one variant"));
}

TEST(ValidateTest, SaysWhyATextCannotBeReadAtAll) {
  EXPECT_THAT(objections_to("{,}"),
              ElementsAre(StartsWith("flags.json: error: parse error at line 1, column 2: ")));
  EXPECT_THAT(
      objections_to("[]"),
      ElementsAre(R"(flags.json: error: is []; expected an object with the member "flags")"));
}

TEST(ValidateTest, HasAListOfFlagsForTheDaemonAlone) {
  const std::string list =
      R"({"flags": [{"key": "a", "state": "ENABLED", "variants": {"on": true}}]})";
  EXPECT_THAT(objections_to(list, schema::flagd), IsEmpty());
  EXPECT_THAT(objections_to(list), ElementsAre("flags.json: warning: /flags is a list; expected an "
                                               "object of flags, as all providers read it"));
}

TEST(ValidateTest, FindsNothingWrongWithARuleThatIsRight) {
  for (const char* rule :
       {"{}", R"({"fractional": [["fiber", 90], ["coro", 10]]})",
        R"({"if": [{"$ref": "gold"}, "coro", null]})",
        R"({"if": [{"sem_ver": [{"var": "version"}, ">=", "1.2.0"]}, "coro", "fiber"]})",
        R"({"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "email"}]},
                           ["coro", {"-": [{"var": "$flagd.timestamp"}, 5]}], ["fiber"]]})"}) {
    EXPECT_THAT(objections_to_rule(rule), IsEmpty()) << rule;
  }
}

TEST(ValidateTest, SaysWhatARuleHasAndWhatWasExpected) {
  const auto objections = [](const std::string& rule) {
    const auto lines = objections_to_rule(rule);
    return lines.size() == 1 ? lines.front() : testing::PrintToString(lines);
  };
  EXPECT_EQ(objections(R"("coro")"), R"( is "coro"; expected a rule)");
  EXPECT_EQ(objections(R"({"regex": ["a", "b"]})"),
            R"( has the operator "regex"; expected one that flagd has)");
  EXPECT_EQ(objections(R"({"if": [{"==": [1]}, "coro"]})"), "/if/0/== has 1 arguments; expected 2");
  EXPECT_EQ(objections(R"({"if": [{"<": [1]}, "coro"]})"),
            "/if/0/< has 1 arguments; expected 2 or 3");
  EXPECT_EQ(objections(R"({"if": "coro"})"), R"(/if is "coro"; expected a list of arguments)");
  EXPECT_EQ(objections(R"({"if": [{"var": "$flagd.user"}, "coro"]})"),
            R"(/if/0/var is "$flagd.user"; expected "$flagd.flagKey" or "$flagd.timestamp")");
  EXPECT_EQ(objections(R"({"if": [{"missing": ["a", 1]}, "coro"]})"),
            "/if/0/missing/1 is 1; expected a name");
  EXPECT_EQ(objections(R"({"if": [{"missing_some": ["a", ["b"]]}, "coro"]})"),
            R"(/if/0/missing_some/0 is "a"; expected a number)");
  EXPECT_EQ(objections(R"({"if": [{"ends_with": [{"var": "id"}, 0]}, "coro"]})"),
            "/if/0/ends_with/1 is 0; expected a string or a rule");
  EXPECT_EQ(
      objections(R"({"if": [{"sem_ver": ["1.2.3", "==", {"var": "v"}]}, "coro"]})"),
      R"(/if/0/sem_ver/1 is "=="; expected one of "=", "!=", ">", "<", ">=", "<=", "~", "^")");
  EXPECT_EQ(objections(R"({"if": [{"sem_ver": ["v1.2", "=", {"var": "v"}]}, "coro"]})"),
            R"(/if/0/sem_ver/0 is "v1.2"; expected a version as in "1.2.3", or a "var")");
  EXPECT_EQ(objections(R"({"fractional": [["fiber", 99.5], ["coro", 1]]})"),
            "/fractional/0/1 is 99.5; expected a whole number, 0 or more, or a rule");
  EXPECT_EQ(objections(R"({"fractional": [["fiber", 1, 2]]})"),
            "/fractional/0 has 3 members; expected a variant and its weight");
  EXPECT_EQ(objections(R"({"fractional": ["key", ["fiber", 1]]})"),
            R"(/fractional/0 is "key"; expected a rule for the key, or a variant and its weight)");
  EXPECT_EQ(objections(R"({"fractional": [["fiber", 1], "coro"]})"),
            R"(/fractional/1 is "coro"; expected a list: a variant and its weight)");
  EXPECT_EQ(objections(R"({"$ref": "gold"})"),
            " is a reference; expected a rule: references stand among the arguments of another");
}

TEST(ValidateTest, IsStricterThanTheSchemaWithAReason) {
  const auto objections = [](const std::string& rule) {
    const auto lines = objections_to_rule(rule);
    return lines.size() == 1 ? lines.front() : testing::PrintToString(lines);
  };
  EXPECT_EQ(objections(R"({"fractional": [["fiber", 90], ["corro", 10]]})"),
            R"(/fractional/1/0 is "corro"; expected one of its variants: "fiber", "coro" )"
            "(the caller's default is taken instead)");
  EXPECT_EQ(objections(R"({"if": [{"var": "x"}, "corro", "fiber"]})"),
            R"(/if/1 is "corro"; expected one of its variants: "fiber", "coro" )"
            "(the caller's default is taken instead)");
  EXPECT_EQ(objections(R"({"if": [{"$ref": "silver"}, "coro"]})"),
            R"(/if/0 refers to "silver"; expected a member of $evaluators (the rule fails))");
  EXPECT_EQ(objections(R"({"if": [{"==": [1, 1], "!=": [1, 2]}, "coro"]})"),
            "/if/0 has 2 members; expected one, an operator "
            "(only an object with one member is evaluated)");
  EXPECT_EQ(objections(R"({"if": [{"in": [1, [{"==": [1]}]]}, "coro"]})"),
            "/if/0/in/1/0/== has 1 arguments; expected 2 "
            "(the schema does not look there, evaluation does)");
  EXPECT_EQ(objections(R"({"fractional": [["coro", 2147483648]]})"),
            "/fractional/0/1 is 2147483648; expected at most 2147483647 "
            "(no variant is chosen at all)");
  EXPECT_EQ(objections(R"({"fractional": [{"var": "id"}]})"),
            "/fractional has no variants; expected at least one (so none is chosen)");
}

TEST(ValidateTest, LetsNoSharedRuleReferToAnother) {
  EXPECT_THAT(objections_to(R"({"$evaluators": {"a": {"!": {"$ref": "b"}}, "b": {"!": [1]}},
                                "flags": {}})"),
              ElementsAre(R"(flags.json: warning: /$evaluators/a/! refers to "b"; expected no )"
                          "reference in a shared rule (it is not followed, and the rule fails)"));
}

}  // namespace
}  // namespace crossfade::flags
