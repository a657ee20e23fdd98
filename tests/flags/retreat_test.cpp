#include "flags/guardrails/retreat.hpp"

#include "tests/flags/scratch.hpp"

#include "flags/editor.hpp"
#include "flags/stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using way = retreat_report::way;

class RetreatTest : public testing::Test {
 protected:
  static std::string with_rule(const std::string& rule) {
    return R"({"flags": {"prices": {"state": "ENABLED", "defaultVariant": "fiber",
      "variants": {"fiber": "fiber", "coro": "coro"})" +
           (rule.empty() ? "" : R"(, "targeting": )" + rule) + "}}}";
  }
  retreat_report retreat_now() { return retreat(store_, "prices", "fiber", "fails too often"); }
  stage stage_now() { return progress_of(file_now().at("prices")).stage; }
  snapshot file_now() { return snapshot::parse(store_.read(), "flags.json"); }

  scratch_folder folder_;
  store store_{folder_ / "flags.json"};
};

TEST_F(RetreatTest, EndsACanaryAndWritesDownWhy) {
  write(store_.file(), with_rule(R"({"fractional": [["coro", 10], ["fiber", 90]]})"));
  const retreat_report report = retreat_now();
  EXPECT_EQ(report.how, way::edited) << report.text;
  EXPECT_EQ(stage_now(), stage::off);
  ASSERT_EQ(store_.audit().size(), 1U);
  EXPECT_EQ(store_.audit().back().note.verb, "guardrail");
  EXPECT_EQ(store_.audit().back().note.reason, "fails too often");
  EXPECT_EQ(store_.audit().back().note.changes.size(), 1U);
}

TEST_F(RetreatTest, GoesBackFromLiveToo) {
  write(store_.file(), with_rule(""));
  editor editing(store_.read(), "flags.json");
  editing.set_for_all("prices", "coro");
  store_.replace(store_.read(), editing.text(), {"set", "", {}});
  EXPECT_EQ(stage_now(), stage::live);

  EXPECT_EQ(retreat_now().how, way::edited);
  EXPECT_EQ(stage_now(), stage::off);
}

TEST_F(RetreatTest, ChangesNothingWhereNobodyHasMoved) {
  write(store_.file(), with_rule(""));
  const std::string before = store_.read();
  EXPECT_EQ(retreat_now().how, way::none);
  EXPECT_EQ(store_.read(), before);
  EXPECT_TRUE(store_.audit().empty());
}

// Somebody's thought is in such a rule, so it stays, but it must not stop the way back.
TEST_F(RetreatTest, KillsAFlagWhoseRuleIsByHand) {
  write(store_.file(), with_rule(R"({"if": [{"==": [{"var": "plan"}, "beta"]}, "coro"]})"));
  const std::string before = store_.read();
  const retreat_report report = retreat_now();
  EXPECT_EQ(report.how, way::killed);
  EXPECT_THAT(report.text, HasSubstr("prices is killed, since the file could not be edited: "));
  EXPECT_EQ(store_.read(), before);
  EXPECT_THAT(store_.killed().keys, ElementsAre("prices"));
  EXPECT_EQ(store_.audit().back().note.reason, "fails too often");
}

TEST_F(RetreatTest, KillsAFlagOfAFileThatIsBroken) {
  write(store_.file(), "{");
  write(store_.kill_file(), "tasks\n");
  EXPECT_EQ(retreat_now().how, way::killed);
  EXPECT_THAT(store_.killed().keys, ElementsAre("prices", "tasks"));
}

TEST_F(RetreatTest, KillsAFlagThatIsNotThere) {
  EXPECT_EQ(retreat_now().how, way::killed);
  EXPECT_THAT(store_.killed().keys, ElementsAre("prices"));
}

// Who edits at the same time wins the instant; the retreat comes right behind, on top of that edit.
TEST_F(RetreatTest, KeepsAnEditThatCameInBetween) {
  write(store_.file(), with_rule(R"({"fractional": [["coro", 10], ["fiber", 90]]})"));
  int saves = 0;
  store interrupted(store_.file(), {.before_step = [&](std::string_view) {
                      if (saves++ > 0) return;
                      std::string text =
                          with_rule(R"({"fractional": [["coro", 50], ["fiber", 50]]})");
                      text.insert(1, R"("metadata": {"by": "hand"}, )");
                      write(store_.file(), text);
                    }});
  EXPECT_EQ(retreat(interrupted, "prices", "fiber", "fails").how, way::edited);
  EXPECT_THAT(store_.read(), HasSubstr(R"("by": "hand")"));
  EXPECT_EQ(stage_now(), stage::off);
}

}  // namespace
}  // namespace crossfade::flags
