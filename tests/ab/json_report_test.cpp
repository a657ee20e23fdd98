#include "benchmarks/ab/reports.hpp"
#include "specimen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace crossfade::ab {
namespace {

using json = nlohmann::ordered_json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

std::string written(const session_result& of) {
  std::ostringstream text;
  write_json(text, of);
  return text.str();
}

session_result again(const session_result& of) { return read_json(written(of), "runs.json"); }

/// What reading a document says that was right before `change`.
template <class Change>
auto reading(Change change) {
  static const json whole = json::parse(written(specimen()));
  json document = whole;
  change(document);
  return [text = document.dump()] { read_json(text, "runs.json"); };
}

TEST(JsonReportTest, ComesBackAsItWas) {
  for (const session_result& of : {without_runs(), hostile(), session_result{}}) {
    EXPECT_EQ(written(again(of)), written(of));
  }
}

// What is not written does not come back, and the test above would not see it.
TEST(JsonReportTest, KeepsEachField) {
  session_result of = specimen();
  of.workloads.resize(1);
  of.notes = {"interrupted", "another machine"};
  run_record& run = of.workloads[0].runs[0];
  run = {.in = phase::calibration,
         .of = side::candidate,
         .began = duration(1),
         .took = duration(2),
         .operations = 3,
         .failed = 4,
         .cpu = duration(5),
         .allocations = 6,
         .resident_bytes = 7,
         .context_switches = 8,
         .loop_delay_p99 = duration(9),
         .loop_delay_max = duration(10),
         .latency_p50 = duration(11),
         .latency_p99 = duration(12),
         .latency_max = duration(13),
         .unfinished = 14};
  const session_result back = again(of);
  EXPECT_EQ(back.where, of.where);
  EXPECT_EQ(back.began, of.began);
  EXPECT_EQ(back.baseline, of.baseline);
  EXPECT_EQ(back.candidate, of.candidate);
  EXPECT_EQ(back.by.effect, of.by.effect);
  EXPECT_EQ(back.by.confidence, of.by.confidence);
  EXPECT_EQ(back.seed, of.seed);
  EXPECT_EQ(back.notes, of.notes);
  const workload_result& kept = back.workloads.at(0);
  EXPECT_EQ(kept.name, of.workloads[0].name);
  EXPECT_EQ(kept.description, of.workloads[0].description);
  EXPECT_EQ(kept.thing, of.workloads[0].thing);
  EXPECT_EQ(kept.note, of.workloads[0].note);
  EXPECT_EQ(kept.decided.by, of.workloads[0].decided.by);
  EXPECT_EQ(kept.decided.found.ratio, of.workloads[0].decided.found.ratio);
  EXPECT_EQ(kept.calibration.ratio, of.workloads[0].calibration.ratio);
  EXPECT_EQ(kept.figures.size(), of.workloads[0].figures.size());
  EXPECT_EQ(kept.runs.size(), of.workloads[0].runs.size());
  const run_record& r = kept.runs[0];
  EXPECT_EQ(r.in, phase::calibration);
  EXPECT_EQ(r.of, side::candidate);
  const std::vector<std::uint64_t> numbers{static_cast<std::uint64_t>(r.began.count()),
                                           static_cast<std::uint64_t>(r.took.count()),
                                           r.operations,
                                           r.failed,
                                           static_cast<std::uint64_t>(r.cpu.count()),
                                           r.allocations,
                                           r.resident_bytes,
                                           r.context_switches,
                                           static_cast<std::uint64_t>(r.loop_delay_p99.count()),
                                           static_cast<std::uint64_t>(r.loop_delay_max.count()),
                                           static_cast<std::uint64_t>(r.latency_p50.count()),
                                           static_cast<std::uint64_t>(r.latency_p99.count()),
                                           static_cast<std::uint64_t>(r.latency_max.count()),
                                           r.unfinished};
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], i + 1);
}

TEST(JsonReportTest, ABoundThatIsNotThereIsNullAndComesBack) {
  session_result of = specimen();
  of.workloads = {made_up({.name = "few", .runs = 3})};
  ASSERT_TRUE(std::isinf(of.workloads[0].decided.found.ratio.high));
  EXPECT_TRUE(
      json::parse(written(of))["workloads"][0]["decided"]["verdict"]["ratio"]["high"].is_null());
  EXPECT_EQ(again(of).workloads[0].decided.found.ratio, of.workloads[0].decided.found.ratio);
}

TEST(JsonReportTest, LatenciesKeepTheirBucketsAndTheLongest) {
  session_result of = without_runs();
  latency_histogram& latency = of.workloads[0].baseline_latency;
  for (const std::int64_t ns : {0, 1, 63, 64, 1'000, 1'001, 1'000'000, 987'654'321}) {
    latency.record(duration(ns), 3);
  }
  latency.record(std::chrono::hours(2));
  const latency_histogram back = again(of).workloads[0].baseline_latency;
  EXPECT_EQ(back.buckets(), latency.buckets());
  EXPECT_EQ(back.max(), latency.max());
  EXPECT_EQ(back.count(), latency.count());
  EXPECT_NEAR(back.mean_ns(), latency.mean_ns(), latency.mean_ns() / 64);
}

TEST(JsonReportTest, TheLongestMayBeEarlyInABucketOfMany) {
  session_result of = without_runs();
  latency_histogram& latency = of.workloads[0].baseline_latency;
  latency.record(duration(1 << 20), 5);
  latency.record(duration((1 << 20) + 1));
  ASSERT_EQ(latency.buckets().size(), 1U);
  const latency_histogram back = again(of).workloads[0].baseline_latency;
  EXPECT_EQ(back.buckets(), latency.buckets());
  EXPECT_EQ(back.max(), latency.max());
}

TEST(JsonReportTest, SaysWhatIsNoJson) {
  EXPECT_THAT([] { read_json("{\"format\": 1,", "runs.json"); },
              ThrowsMessage<std::invalid_argument>(StartsWith("runs.json: is not JSON: ")));
  EXPECT_THAT([] { read_json("", "runs.json"); },
              ThrowsMessage<std::invalid_argument>(StartsWith("runs.json: is not JSON: ")));
}

TEST(JsonReportTest, ADocumentOfAnotherKindIsRefused) {
  EXPECT_THAT([] { read_json("[]", "runs.json"); },
              ThrowsMessage<std::invalid_argument>("runs.json: is []; expected an object"));
  EXPECT_THAT(
      [] { read_json("{}", "runs.json"); },
      ThrowsMessage<std::invalid_argument>("runs.json: is {}; expected an object with \"format\""));
  EXPECT_THAT(
      reading([](json& d) { d["format"] = 2; }),
      ThrowsMessage<std::invalid_argument>(StartsWith("runs.json: /format is 2; expected 1")));
}

TEST(JsonReportTest, SaysWhereWhatIsWrongStandsAndWhatWasExpected) {
  const auto says = [](const std::string& text) {
    return ThrowsMessage<std::invalid_argument>("runs.json: " + text);
  };
  EXPECT_THAT(reading([](json& d) { d["workloads"][1]["runs"][2]["took_ns"] = "fast"; }),
              says("/workloads/1/runs/2/took_ns is \"fast\"; expected a whole number from 0 to "
                   "9223372036854775807"));
  EXPECT_THAT(reading([](json& d) { d["workloads"][0]["runs"][0]["operations"] = -1; }),
              says("/workloads/0/runs/0/operations is -1; expected a whole number from 0 to "
                   "18446744073709551615"));
  EXPECT_THAT(
      reading([](json& d) { d["environment"]["cpus"] = 4294967296; }),
      says("/environment/cpus is 4294967296; expected a whole number from 0 to 4294967295"));
  EXPECT_THAT(reading([](json& d) { d["workloads"][0]["things"] = 0; }),
              says("/workloads/0/things is 0; expected a whole number from 1 to "
                   "18446744073709551615"));
  EXPECT_THAT(
      reading([](json& d) { d["workloads"][0]["runs"][0]["side"] = "left"; }),
      says(R"(/workloads/0/runs/0/side is "left"; expected one of "baseline", "candidate")"));
  EXPECT_THAT(reading([](json& d) { d["workloads"][0]["decided"]["verdict"]["outcome"] = 1; }),
              says("/workloads/0/decided/verdict/outcome is 1; expected one of \"better\", "
                   "\"worse\", \"same\", \"inconclusive\""));
  EXPECT_THAT(
      reading([](json& d) { d["workloads"][0]["decided"]["verdict"]["ratio"]["low"] = -1; }),
      says("/workloads/0/decided/verdict/ratio/low is -1; expected a number of at least 0, or null "
           "for none"));
  EXPECT_THAT(reading([](json& d) { d["workloads"][0]["name"] = nullptr; }),
              says("/workloads/0/name is null; expected a string"));
  EXPECT_THAT(reading([](json& d) { d["workloads"][0]["decided"]["baseline"] = "1"; }),
              says("/workloads/0/decided/baseline is \"1\"; expected a number"));
  EXPECT_THAT(reading([](json& d) { d["workloads"] = 7; }),
              says("/workloads is 7; expected an array"));
  EXPECT_THAT(reading([](json& d) {
                d["criterion"] = {{"effect", 0}, {"confidence", 0.95}};
              }),
              says("/criterion/effect is 0; expected a number above 0"));
  EXPECT_THAT(reading([](json& d) { d["criterion"]["confidence"] = 95; }),
              says("/criterion/confidence is 95; expected a number between 0 and 1"));
}

TEST(JsonReportTest, EachKeyIsMissedWhereItBelongs) {
  session_result small;
  small.workloads = {made_up({.name = "small", .runs = 3})};
  const json whole = json::parse(written(small));
  std::size_t removed = 0;
  for (const char* object : {"", "/environment", "/criterion", "/workloads/0", "/workloads/0/load",
                             "/workloads/0/decided", "/workloads/0/decided/verdict",
                             "/workloads/0/decided/verdict/ratio", "/workloads/0/runs/0",
                             "/workloads/0/latency/baseline"}) {
    const json::json_pointer at{object};
    for (const auto& [key, value] : whole[at].items()) {
      if (key == "unit") continue;  // for who reads the file without us
      json document = whole;
      document[at].erase(key);
      EXPECT_THAT([&] { read_json(document.dump(), "runs.json"); },
                  ThrowsMessage<std::invalid_argument>(AllOf(
                      StartsWith("runs.json: " + std::string(object)),
                      HasSubstr("; expected an object with"), EndsWith("with \"" + key + '"'))))
          << object << " without " << key;
      ++removed;
    }
  }
  EXPECT_GT(removed, 50U);
}

TEST(JsonReportTest, BucketsThatAreNoneOfOursAreRefused) {
  const auto with = [](const char* text, std::int64_t max) {
    return reading([=](json& d) {
      d["workloads"][0]["latency"]["baseline"] = {{"max_ns", max}, {"buckets", json::parse(text)}};
    });
  };
  const auto says = [](std::string_view text) {
    return ThrowsMessage<std::invalid_argument>("runs.json: /workloads/0/latency/baseline/" +
                                                std::string(text));
  };
  EXPECT_THAT(with("[[10, 11]]", 10),
              says("buckets/0 is [10,11]; expected [low_ns, high_ns, count]"));
  EXPECT_THAT(with("[[10, 11, 0]]", 10),
              says("buckets/0/2 is 0; expected a whole number from 1 to 18446744073709551615"));
  EXPECT_THAT(with("[[11, 10, 1]]", 10),
              says("buckets/0 is [11,10,1]; expected a bucket that ends after its begin"));
  EXPECT_THAT(with("[[10, 12, 1]]", 11),
              says("buckets/0 is [10,12,1]; expected a bucket as Crossfade makes them, in rising "
                   "order"));
  EXPECT_THAT(with("[[10, 11, 1], [9, 10, 1]]", 9),
              says("buckets/0 is [10,11,1]; expected a bucket as Crossfade makes them, in rising "
                   "order"));
  EXPECT_THAT(with("[[10, 11, 1], [10, 11, 1]]", 10),
              says("buckets/0 is [10,11,1]; expected a bucket as Crossfade makes them, in rising "
                   "order"));
  EXPECT_THAT(with("[[10, 11, 1]]", 12), says("max_ns is 12; expected a value in the last bucket"));
  EXPECT_THAT(with("[]", 12), says("max_ns is 12; expected 0, as there are no buckets"));
}

TEST(JsonReportTest, BytesThatAreNoTextDoNotBreakTheFile) {
  session_result of = specimen();
  of.workloads[0].note = "\xff\xfe";
  EXPECT_EQ(again(of).workloads[0].note, "\uFFFD\uFFFD");
}

TEST(JsonReportTest, ARunIsALine) {
  std::istringstream lines(written(specimen()));
  std::size_t runs = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"took_ns\"") == std::string::npos) continue;
    ++runs;
    EXPECT_THAT(line, HasSubstr("\"unfinished\""));
  }
  std::size_t expected = 0;
  for (const workload_result& of : specimen().workloads) expected += of.runs.size();
  EXPECT_EQ(runs, expected);
}

}  // namespace
}  // namespace crossfade::ab
