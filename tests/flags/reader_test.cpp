#include "flags/reader.hpp"

#include "tests/flags/allocations.hpp"
#include "tests/flags/scratch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <optional>
#include <string_view>
#include <thread>

namespace crossfade::flags {
namespace {

using namespace std::chrono_literals;

class ReaderTest : public testing::Test {
 protected:
  ReaderTest() { write(path_, choosing("fiber")); }

  /// Looks at hints and at the clock so rarely that only `reload` counts.
  file_options on_demand() const { return {.poll_interval = 1h, .quiet = 1h}; }

  void flip(file& file, const std::string& variant) {
    write(path_, choosing(variant));
    file.reload();
  }

  scratch_folder folder_;
  fs::path path_ = folder_ / "flags.json";
};

TEST_F(ReaderTest, SeesTheSnapshotInForce) {
  file file(path_, on_demand());
  reader reader = file.reader();
  EXPECT_EQ(reader.current().string("prices", "").value, "fiber");
  flip(file, "corou");
  EXPECT_EQ(reader.current().string("prices", "").value, "coro");
  EXPECT_EQ(&reader.current(), file.current().get());
}

TEST_F(ReaderTest, AllocatesNothing) {
  file file(path_, on_demand());
  chooser choose = file.chooser();
  flip(file, "corou");
  const std::size_t before = allocations();
  const std::string_view changed = choose("prices");  // takes the new snapshot over
  const std::string_view again = choose("prices");
  const std::string_view absent = choose("no such flag, and a name too long for a small string");
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(changed, "coro");
  EXPECT_EQ(again, "coro");
  EXPECT_EQ(absent, "");
}

TEST_F(ReaderTest, ChoosesByPercentageAndAttributeWithoutAllocating) {
  write(path_, R"({"flags": {"prices": {"state": "ENABLED", "defaultVariant": "fiber",
      "variants": {"fiber": "fiber", "coro": "coro"},
      "targeting": {"if": [{"==": [{"var": "tier"}, "gold"]}, "coro",
                           {"fractional": [["coro", 50], ["fiber", 50]]}]}}}})");
  file file(path_, on_demand());
  chooser choose = file.chooser();
  const std::string_view long_key = "user-0123456789abcdef0123456789abcdef0123456789abcdef";
  const std::size_t before = allocations();
  const std::string_view by_tier = choose("prices", {long_key, {{"tier", "gold"}}});
  const std::string_view by_key = choose("prices", long_key);
  const std::string_view by_same_key = choose("prices", {long_key, {{"tier", "lead"}}});
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(by_tier, "coro");
  EXPECT_NE(by_key, "");
  EXPECT_EQ(by_key, by_same_key);
}

TEST_F(ReaderTest, OutlivesItsFile) {
  std::optional<file> file(std::in_place, path_, on_demand());
  reader reader = file->reader();
  chooser choose = file->chooser();
  file.reset();
  EXPECT_EQ(reader.current().string("prices", "").value, "fiber");
  EXPECT_EQ(choose("prices"), "fiber");
}

TEST_F(ReaderTest, ChoosesNothingUnlessThereIsAString) {
  write(path_, R"({"flags": {
      "disabled": {"state": "DISABLED", "variants": {"a": "a"}, "defaultVariant": "a"},
      "undecided": {"state": "ENABLED", "variants": {"a": "a"}},
      "number": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"}}})");
  file file(path_, on_demand());
  chooser choose = file.chooser();
  for (const char* key : {"disabled", "undecided", "number", "absent"}) {
    EXPECT_EQ(choose(key), "") << key;
  }
}

TEST_F(ReaderTest, CopiesOfAChooserAreIndependent) {
  file file(path_, on_demand());
  chooser first = file.chooser();
  chooser second = first;
  const std::string_view before = first("prices");
  flip(file, "corou");
  EXPECT_EQ(second("prices"), "coro");
  EXPECT_EQ(before, "fiber");  // still valid: only the second has moved on
  EXPECT_EQ(first("prices"), "coro");
}

TEST_F(ReaderTest, EachThreadReadsWholeSnapshotsWhileTheFileChanges) {
  file file(path_, on_demand());
  std::atomic<bool> done = false;
  const auto read_until_done = [&done](reader reader) {
    while (!done) {
      const auto details = reader.current().string("prices", "");
      EXPECT_TRUE((details.variant == "fiber" && details.value == "fiber") ||
                  (details.variant == "corou" && details.value == "coro"));
    }
    EXPECT_EQ(reader.current().string("prices", "").value, "fiber");
  };
  std::thread first(read_until_done, file.reader());
  std::thread second(read_until_done, file.reader());
  for (int i = 0; i < 100; ++i) flip(file, i % 2 == 0 ? "corou" : "fiber");
  done = true;
  first.join();
  second.join();
  EXPECT_EQ(file.status().generation, 101u);
}

}  // namespace
}  // namespace crossfade::flags
