#include "tool/live_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace crossfade::tool {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// A service that counts as its root tasks end.
class counting_service {
 public:
  void serve(const std::string& subsystem, const std::string& backend, double tasks, double each) {
    series& one = series_[{subsystem, backend, "ok"}];
    one.count += tasks;
    one.sum += tasks * each;
  }
  void fail(const std::string& subsystem, const std::string& backend, double tasks) {
    series_[{subsystem, backend, "failed"}].count += tasks;
  }
  void begin_anew() {
    for (auto& [labels, one] : series_) one = {};
  }

  std::vector<sample> scraped() const {
    std::vector<sample> all;
    const std::string family(root_task_family);
    for (const auto& [of, one] : series_) {
      label_values labels{{"subsystem", of[0]}, {"backend", of[1]}, {"outcome", of[2]}};
      all.push_back({family + "_count", labels, one.count});
      all.push_back({family + "_sum", labels, one.sum});
      labels.emplace("le", "+Inf");
      all.push_back({family + "_bucket", labels, one.count});
    }
    return all;
  }

 private:
  struct series {
    double count = 0;
    double sum = 0;
  };
  std::map<std::vector<std::string>, series> series_;
};

class LiveComparisonTest : public testing::Test {
 protected:
  /// Looks at so many intervals, in each of which both sides end tasks that take so long.
  void watch(live_comparison& by, int intervals, double fiber, double coro) {
    by.observe(service_.scraped());
    for (int i = 0; i < intervals; ++i) {
      service_.serve("api", "fiber", 10 + i, fiber * (1 + i * 1e-4));
      service_.serve("api", "coro", 20 - i, coro * (1 + i * 1e-4));
      by.observe(service_.scraped());
    }
  }

  live_result only(const live_comparison& by) {
    const auto all = by.judge({});
    EXPECT_EQ(all.size(), 1U);
    return all.at(0);
  }

  counting_service service_;
};

TEST_F(LiveComparisonTest, EachIntervalGivesAValueForEachSide) {
  service_.serve("api", "fiber", 1000, 9);  // before anybody looked
  service_.serve("api", "coro", 1000, 1);
  live_comparison slower;
  watch(slower, 12, 0.010, 0.020);
  const live_result found = only(slower);
  EXPECT_EQ(found.intervals, 12U);
  ASSERT_TRUE(found.time);
  EXPECT_EQ(found.time->kind, ab::outcome::worse);
  EXPECT_NEAR(found.time->ratio.estimate, 2, 0.01);
  EXPECT_TRUE(found.is_worse());
  EXPECT_EQ(found.obstacle(), "");
  EXPECT_EQ(found.fiber.ok.count, 12 * 10 + 66);
  EXPECT_EQ(found.coro.ok.count, 12 * 20 - 66);

  live_comparison alike;
  watch(alike, 12, 0.010, 0.010);
  EXPECT_EQ(only(alike).time->kind, ab::outcome::same);
  EXPECT_FALSE(only(alike).is_worse());

  live_comparison faster;
  watch(faster, 12, 0.020, 0.010);
  EXPECT_EQ(only(faster).time->kind, ab::outcome::better);
}

TEST_F(LiveComparisonTest, SaysThatOneSideHasAllTheWork) {
  service_.serve("api", "fiber", 1, 1);
  service_.serve("api", "coro", 1, 1);
  live_comparison comparison;
  comparison.observe(service_.scraped());
  service_.serve("api", "coro", 5, 1);
  comparison.observe(service_.scraped());
  const live_result found = only(comparison);
  EXPECT_FALSE(found.time);
  EXPECT_FALSE(found.more_failures);
  EXPECT_EQ(found.obstacle(),
            "nothing to compare: all of api's tasks went to coro; roll out a percentage: crossfade "
            "flags rollout api 50");
}

TEST_F(LiveComparisonTest, SaysThatNothingWasServed) {
  service_.serve("api", "fiber", 1, 1);
  live_comparison comparison;
  comparison.observe(service_.scraped());
  comparison.observe(service_.scraped());
  EXPECT_EQ(only(comparison).obstacle(), "nothing to compare: no task of api ended");
}

TEST_F(LiveComparisonTest, SaysThatTheSidesNeverServedAtATime) {
  service_.serve("api", "fiber", 1, 1);
  live_comparison comparison;
  comparison.observe(service_.scraped());
  for (const char* const side : {"fiber", "coro"}) {
    service_.serve("api", side, 5, 1);
    comparison.observe(service_.scraped());
  }
  EXPECT_THAT(only(comparison).obstacle(), HasSubstr("try a longer --interval"));
}

TEST_F(LiveComparisonTest, LeavesOutAnIntervalInWhichTheServiceBeganAnew) {
  live_comparison comparison;
  service_.serve("api", "fiber", 100, 1);
  service_.serve("api", "coro", 100, 1);
  watch(comparison, 2, 1, 1);
  service_.begin_anew();
  watch(comparison, 3, 1, 1);
  EXPECT_EQ(comparison.restarts(), 1U);
  EXPECT_EQ(only(comparison).intervals, 5U);
  EXPECT_EQ(only(comparison).fiber.ok.count, 10 + 11 + 10 + 11 + 12);
}

TEST_F(LiveComparisonTest, SeriesThatAreGoneSayThatTheServiceBeganAnew) {
  live_comparison comparison;
  service_.serve("api", "fiber", 100, 1);
  service_.serve("api", "coro", 100, 1);
  comparison.observe(service_.scraped());
  counting_service another;
  another.serve("api", "fiber", 200, 1);
  comparison.observe(another.scraped());
  EXPECT_EQ(comparison.restarts(), 1U);
}

TEST_F(LiveComparisonTest, FailuresAreComparedToo) {
  service_.serve("api", "fiber", 1, 1);
  service_.serve("api", "coro", 1, 1);
  live_comparison comparison;
  watch(comparison, 12, 1, 1);
  service_.fail("api", "coro", 40);
  service_.serve("api", "fiber", 10, 1);
  service_.serve("api", "coro", 10, 1);
  comparison.observe(service_.scraped());
  const live_result found = only(comparison);
  EXPECT_EQ(found.time->kind, ab::outcome::same) << "what failed is not timed";
  EXPECT_EQ(found.coro.failed, 40);
  ASSERT_TRUE(found.more_failures);
  EXPECT_GT(found.more_failures->low, 0);
  EXPECT_TRUE(found.is_worse());
}

TEST_F(LiveComparisonTest, LooksAtTheSubsystemThatIsAskedFor) {
  service_.serve("api", "fiber", 1, 1);
  service_.serve("database", "fiber", 1, 1);
  live_comparison one("database");
  live_comparison all;
  for (live_comparison* each : {&one, &all}) {
    each->observe(service_.scraped());
    each->observe(service_.scraped());
  }
  EXPECT_EQ(only(one).subsystem, "database");
  EXPECT_EQ(all.judge({}).size(), 2U);

  live_comparison none("databse");
  EXPECT_THAT([&] { none.observe(service_.scraped()); },
              ThrowsMessage<std::invalid_argument>(
                  "has no subsystem \"databse\"; expected one of: \"api\", \"database\""));
}

TEST_F(LiveComparisonTest, RefusesWhatDoesNotCountRootTasks) {
  live_comparison comparison;
  EXPECT_THAT(
      [&] {
        comparison.observe({{"up", {}, 1}});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("has no crossfade_root_task_seconds")));
}

}  // namespace
}  // namespace crossfade::tool
