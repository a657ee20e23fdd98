#include "flags/snapshot.hpp"

#include "flags/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace crossfade::flags {
namespace {

using nlohmann::json;
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

json cases(const std::string& file) {
  return json::parse(std::ifstream(std::filesystem::path(FLAGS_TEST_DATA) / file));
}

/// A document whose one flag is `prices`, with these members.
std::string with_flag(const std::string& members) {
  return R"({"flags": {"prices": {)" + members + "}}}";
}

const std::string two_variants = R"("variants": {"fiber": "fiber", "coro": "coro"})";

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
      {with_flag(R"("state": "ENABLED", "targeting": {"var": "x"}, )" + two_variants),
       "flags.json: /flags/prices/targeting is an object; "
       "expected none or {}: targeting is not supported yet"},
      {with_flag(R"("state": "DISABLED", "targeting": null, )" + two_variants),
       "flags.json: /flags/prices/targeting is null; "
       "expected none or {}: targeting is not supported yet"},
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

TEST(SnapshotTest, LoadsAndRefusesAsTheCasesSay) {
  const json file = cases("loads.json");
  for (const json& load : file.at("loads")) {
    const std::string content = load.at("content");
    const std::string outcome = refusal_of(content);
    if (content.find("targeting") != std::string::npos) {
      EXPECT_THAT(outcome, HasSubstr("targeting is not supported yet")) << load;
    } else {
      EXPECT_EQ(outcome == "accepted", load.at("accept").get<bool>()) << outcome << load;
    }
  }
}

/// The evaluation in the words of the case files.
template <typename Value>
json outcome(const details<Value>& details) {
  json metadata = json::object();
  for (const auto& [key, value] : details.metadata) metadata[key] = json::parse(to_json(value));
  return {{"value", details.value},
          {"variant", details.variant ? json(*details.variant) : json()},
          {"reason", to_string(details.reason)},
          {"error", details.error ? json(to_string(*details.error)) : json()},
          {"metadata", metadata}};
}

json evaluate(const snapshot& flags, const json& c) {
  const std::string key = c.at("flag");
  const std::string type = c.at("type");
  const json& fallback = c.at("default");
  if (type == "boolean") return outcome(flags.boolean(key, fallback));
  if (type == "integer") return outcome(flags.integer(key, fallback));
  if (type == "float") return outcome(flags.number(key, fallback));
  if (type == "string") return outcome(flags.string(key, fallback.get_ref<const std::string&>()));
  const std::string text = fallback.dump();
  json result = outcome(flags.object(key, text));
  result["value"] = json::parse(result["value"].get<std::string>());
  return result;
}

TEST(SnapshotTest, EvaluatesAsTheCasesSay) {
  const json file = cases("evaluations.json");
  const snapshot flags = parse(file.at("flags").dump());
  for (const json& c : file.at("cases")) {
    const json result = evaluate(flags, c);
    for (const auto& [member, expected] : c.at("expect").items()) {
      EXPECT_EQ(result.at(member), expected) << member << " of " << c;
    }
  }
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

TEST(ChangedKeysTest, OverlooksOrderAndUnknownMembers) {
  const snapshot before = parse(
      with_flag(R"("state": "ENABLED", "variants": {"x": 1, "y": 2}, "defaultVariant": "y")"));
  const snapshot after =
      parse(with_flag(R"("defaultVariant": "y", "variants": {"y": 2, "x": 1}, "state": "ENABLED",
                         "note": "the same")"));
  EXPECT_THAT(changed_keys(before, after), IsEmpty());
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
