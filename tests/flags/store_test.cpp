#include "flags/store.hpp"

#include "tests/flags/scratch.hpp"

#include "flags/detail/atomic_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace crossfade::flags {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void save_by_rename(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".editor";
  write(fresh, text);
  fs::rename(fresh, path);
}

/// A document of a few kilobytes, so that it could be seen half-written.
std::string numbered(std::size_t number) {
  return R"({"flags": {}, "metadata": {"n": )" + std::to_string(number) + "}" +
         std::string(8000, ' ') + "}";
}

std::size_t number_in(const std::string& text) {
  return nlohmann::json::parse(text).at("metadata").at("n");
}

std::vector<std::size_t> numbers(const std::vector<saved_version>& versions) {
  std::vector<std::size_t> result;
  for (const auto& version : versions) result.push_back(version.number);
  return result;
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() { write(path_, numbered(0)); }

  std::vector<std::string> names_in_folder() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / "")) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  scratch_folder folder_;
  fs::path path_ = folder_ / "flags.json";
  store store_{path_};
};

TEST_F(StoreTest, ReplacesTheFileAndKeepsBothVersions) {
  EXPECT_EQ(store_.replace(store_.read(), numbered(1), {"set", "", {}}), 2U);
  EXPECT_EQ(read(path_), numbered(1));
  EXPECT_THAT(numbers(store_.versions()), ElementsAre(1, 2));
  EXPECT_EQ(store_.read_version(1), numbered(0));
  EXPECT_EQ(store_.read_version(2), numbered(1));
  EXPECT_THAT(names_in_folder(),
              ElementsAre("flags.json", "flags.json.audit.jsonl", "flags.json.history"));
}

TEST_F(StoreTest, PreviousIsTheNewestThatIsDifferent) {
  EXPECT_THROW(store_.previous(), flag_error);
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  EXPECT_EQ(store_.previous().number, 1U);
  store_.replace(store_.read(), store_.read_version(1), {"rollback", "", {}});
  EXPECT_EQ(store_.previous().number, 2U);
}

TEST_F(StoreTest, PreviousIsOneThatLoads) {
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  write(path_, "broken");
  EXPECT_EQ(store_.previous().number, 2U);
  store_.replace(store_.read(), numbered(2), {"set", "", {}});
  EXPECT_EQ(store_.read_version(3), "broken");
  EXPECT_EQ(store_.previous().number, 2U);
}

TEST_F(StoreTest, KeepsWhatSomebodyElseSavedBeforeAnEdit) {
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  write(path_, numbered(7));
  store_.replace(store_.read(), numbered(8), {"set", "", {}});
  EXPECT_THAT(numbers(store_.versions()), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(number_in(store_.read_version(3)), 7U);
}

TEST_F(StoreTest, ForgetsTheOldestVersionsAndNeverUsesTheirNumbersAgain) {
  store few(path_, {.keep = 3});
  for (std::size_t n = 1; n <= 5; ++n) few.replace(few.read(), numbered(n), {"set", "", {}});
  EXPECT_THAT(numbers(few.versions()), ElementsAre(4, 5, 6));
  try {
    few.read_version(1);
    FAIL() << "found";
  } catch (const flag_error& error) {
    EXPECT_EQ(error.what(), path_.string() + ".history: has no version 1; there are: 4 to 6");
  }
}

TEST_F(StoreTest, AuditSaysWhoWhatWhyAndWhen) {
  const audit_note note{
      "rollout", "a calm \"Monday\"", {{"prices", R"({"a":1})", R"({"a":2})"}, {"new", "", "{}"}}};
  store_.replace(store_.read(), numbered(1), note);
  store_.replace(store_.read(), numbered(2), {"set", "", {}});
  const auto entries = store_.audit();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].note.verb, "rollout");
  EXPECT_EQ(entries[0].note.reason, "a calm \"Monday\"");
  EXPECT_EQ(entries[0].note.changes, note.changes);
  EXPECT_EQ(entries[0].version, 2U);
  EXPECT_EQ(entries[0].hash_before, store_.versions()[0].hash);
  EXPECT_EQ(entries[0].hash_after, entries[1].hash_before);
  EXPECT_THAT(entries[0].user, testing::Not(IsEmpty()));
  EXPECT_THAT(entries[0].host, testing::Not(IsEmpty()));
  EXPECT_THAT(entries[0].time, testing::MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9:]+\\.[0-9]+Z"));
}

TEST_F(StoreTest, AuditGoesOnBehindHalfALine) {
  const fs::path log = path_.string() + ".audit.jsonl";
  write(log, R"({"time": "2024)");
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  EXPECT_EQ(store_.audit().size(), 1U);
  EXPECT_THAT(read(log), testing::StartsWith("{\"time\": \"2024\n{"));
}

TEST_F(StoreTest, DoesNotEditWhatItCannotAudit) {
  fs::create_directory(path_.string() + ".audit.jsonl");
  try {
    store_.replace(store_.read(), numbered(1), {"set", "", {}});
    FAIL() << "edited";
  } catch (const flag_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("flags.json.audit.jsonl"));
    EXPECT_THAT(error.what(), HasSubstr("nothing was changed"));
  }
  EXPECT_EQ(read(path_), numbered(0));
}

TEST_F(StoreTest, SaysSoIfAnEditIsInForceButHasLeftNoTrace) {
  store failing(path_, {.before_step = [](std::string_view step) {
                  if (step == "sync") throw std::system_error(ENOSPC, std::generic_category());
                }});
  try {
    failing.replace(failing.read(), numbered(1), {"set", "", {}});
    FAIL() << "nothing was said";
  } catch (const flag_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("No space left on device; the edit is in force"));
  }
  EXPECT_EQ(read(path_), numbered(1));
}

TEST_F(StoreTest, KeepsModeAndOwnerAndGivesThemToItsMemory) {
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::chown(path_.c_str(), 4711, 4712), 0);
  }
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  for (const std::string suffix : {"", ".audit.jsonl", ".history/000001.json"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_.string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 07777, 0640U) << suffix;
    EXPECT_EQ(status.st_uid, root ? 4711 : ::getuid()) << suffix;
    EXPECT_EQ(status.st_gid, root ? 4712 : ::getgid()) << suffix;
  }
}

TEST_F(StoreTest, WritesBehindLinksAndRemembersBesideTheName) {
  fs::create_directory(folder_ / "..first");
  fs::rename(path_, folder_ / "..first/flags.json");
  fs::create_symlink("..first", folder_ / "..data");
  fs::create_symlink("..data/flags.json", path_);
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_TRUE(fs::is_symlink(folder_ / "..data"));
  EXPECT_EQ(read(folder_ / "..first/flags.json"), numbered(1));
  EXPECT_THAT(names_in_folder(), ElementsAre("..data", "..first", "flags.json",
                                             "flags.json.audit.jsonl", "flags.json.history"));
}

TEST_F(StoreTest, RefusesToOverwriteWhatWasChangedSinceItWasRead) {
  const std::string base = store_.read();
  write(path_, numbered(7));
  EXPECT_THROW(store_.replace(base, numbered(1), {"set", "", {}}), edit_conflict);
  EXPECT_EQ(read(path_), numbered(7));
  EXPECT_THAT(store_.audit(), IsEmpty());
}

/// Saves numbers by the way, one at each of these steps.
store_options saving_at(const fs::path& path, std::vector<std::string> steps) {
  return {.before_step = [path, steps, next = std::size_t{0}](std::string_view step) mutable {
    if (next < steps.size() && step == steps[next]) save_by_rename(path, numbered(70 + next++));
  }};
}

TEST_F(StoreTest, PutsBackWhatAnEditorSavesInTheLastInstant) {
  store racing(path_, saving_at(path_, {"exchange"}));
  EXPECT_THROW(racing.replace(racing.read(), numbered(1), {"set", "", {}}), edit_conflict);
  EXPECT_EQ(number_in(read(path_)), 70U);
}

TEST_F(StoreTest, PutsBackTheLastOfSeveralSaves) {
  store racing(path_, saving_at(path_, {"exchange", "put back"}));
  EXPECT_THROW(racing.replace(racing.read(), numbered(1), {"set", "", {}}), edit_conflict);
  EXPECT_EQ(number_in(read(path_)), 71U);
  store thrice(path_, saving_at(path_, {"exchange", "put back", "put back"}));
  EXPECT_THROW(thrice.replace(thrice.read(), numbered(1), {"set", "", {}}), edit_conflict);
  EXPECT_EQ(number_in(read(path_)), 72U);
}

TEST_F(StoreTest, LosesNoSaveOfAnEditorThatRunsBesideIt) {
  constexpr std::size_t saves = 300;
  std::thread editor([&] {
    for (std::size_t n = 1; n <= saves; ++n) save_by_rename(path_, numbered(1000 * n));
  });
  std::size_t edits = 0;
  for (bool last = false; !last;) {
    const std::string base = store_.read();
    last = number_in(base) / 1000 == saves;
    try {
      store_.replace(base, numbered(number_in(base) + 1), {"set", "", {}});
      ++edits;
    } catch (const edit_conflict&) {
    }
  }
  editor.join();
  EXPECT_EQ(number_in(read(path_)) / 1000, saves);
  EXPECT_EQ(number_in(read(path_)) % 1000, 1U);
  EXPECT_GE(edits, 1U);
}

TEST_F(StoreTest, ConcurrentStoresTakeTurns) {
  constexpr std::size_t edits = 20;
  const auto count_up = [&] {
    store mine(path_);
    for (std::size_t done = 0; done < edits;) {
      const std::string base = mine.read();
      try {
        mine.replace(base, numbered(number_in(base) + 1), {"set", "", {}});
        ++done;
      } catch (const edit_conflict&) {
      }
    }
  };
  std::thread a(count_up);
  std::thread b(count_up);
  std::thread c(count_up);
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(number_in(read(path_)), 3 * edits);
  EXPECT_EQ(store_.audit().size(), 3 * edits);
}

TEST_F(StoreTest, CrashAtAnyStepLeavesTheOldFileOrTheNew) {
  std::size_t next = 1;
  for (const std::string at : {"read", "write", "exchange", "look back", "sync"}) {
    const std::string before = read(path_);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      store dying(path_, {.before_step = [&](std::string_view step) {
                    if (step == at) ::_exit(7);
                  }});
      dying.replace(before, numbered(next), {"set", "", {}});
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 7) << at << " was not reached";
    const bool is_new = at == "look back" || at == "sync";
    EXPECT_EQ(read(path_), is_new ? numbered(next) : before) << at;
    store_.replace(store_.read(), numbered(next + 1), {"set", "", {}});
    EXPECT_THAT(detail::leftovers(path_), IsEmpty()) << at;
    next += 2;
  }
}

// The crash came after the exchange: what was in the file is beside it, and nowhere else.
TEST_F(StoreTest, KeepsAForeignSaveThatACrashLeftBesideTheFile) {
  const fs::path left = folder_ / ".flags.json.XYZXYZ.new";
  write(left, numbered(99));
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  EXPECT_FALSE(fs::exists(left));
  std::string kept;
  for (const auto& entry : fs::directory_iterator(path_.string() + ".history")) {
    const bool is_left = entry.path().filename().string().starts_with("left-by-a-crash-");
    if (is_left) kept = read(entry.path());
  }
  EXPECT_EQ(number_in(kept), 99U);
  EXPECT_THAT(numbers(store_.versions()), ElementsAre(1, 2));
}

TEST_F(StoreTest, WriterKilledAtRandomMomentsNeverLeavesHalfAFile) {
  std::mt19937 random(7);
  std::size_t seen = 0;
  for (unsigned round = 0; round < 60 || seen == 0; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      store writer(path_);
      for (;;) {
        const std::string base = writer.read();
        writer.replace(base, numbered(number_in(base) + 1), {"set", "", {}});
      }
    }
    // The bound grows: where a child is slow to start, it would have written nothing for ever.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (20'000 + 1'000 * round)));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::size_t now = number_in(read(path_));  // throws on half a file
    EXPECT_GE(now, seen);
    seen = now;
  }
  store_.replace(store_.read(), numbered(1), {"set", "", {}});
  EXPECT_THAT(detail::leftovers(path_), IsEmpty());
}

TEST_F(StoreTest, KillSwitchComesAndGoes) {
  EXPECT_TRUE(store_.killed().covers_nothing());
  const auto to = [&](const kill_switch& wanted) {
    EXPECT_EQ(store_.change_killed([&](const auto&) { return wanted; }, {"kill", "slow", {}}),
              std::nullopt);
    EXPECT_EQ(store_.killed(), wanted);
  };
  to({.all = false, .keys = {"prices"}});
  to({.all = true, .keys = {}});
  to({});
  EXPECT_FALSE(fs::exists(store_.kill_file()));
  to({});
  EXPECT_EQ(store_.audit().size(), 4U);
  EXPECT_EQ(store_.audit()[0].note.reason, "slow");
}

TEST_F(StoreTest, KillsAlsoWhereItCannotAudit) {
  fs::create_directory(path_.string() + ".audit.jsonl");
  const auto unheard = store_.change_killed(
      [](const auto&) {
        return kill_switch{true, {}};
      },
      {"kill", "", {}});
  EXPECT_THAT(unheard.value_or(""), HasSubstr("audit.jsonl"));
  EXPECT_TRUE(store_.killed().all);
}

TEST(AtomicFileTest, WithoutExchangeAChangeIsStillRefusedUntilTheLastLook) {
  const scratch_folder folder;
  const fs::path path = folder / "file";
  write(path, "old");
  EXPECT_EQ(detail::replace_file(path, "old", "new", {.exchange = false}), detail::replaced::yes);
  EXPECT_EQ(read(path), "new");
  EXPECT_EQ(detail::replace_file(path, "old", "newer", {.exchange = false}),
            detail::replaced::changed_before);
  const auto save = [&](std::string_view step) {
    if (step == "exchange") save_by_rename(path, "theirs");
  };
  EXPECT_EQ(detail::replace_file(path, "new", "newer", {.before = save, .exchange = false}),
            detail::replaced::changed_meanwhile);
  EXPECT_EQ(read(path), "theirs");
}

TEST(AtomicFileTest, NewFileDoesNotReplaceOneThatCameMeanwhile) {
  const scratch_folder folder;
  const fs::path path = folder / "file";
  const auto save = [&](std::string_view step) {
    if (step == "exchange") write(path, "theirs");
  };
  EXPECT_EQ(detail::replace_file(path, std::nullopt, "new", {.before = save}),
            detail::replaced::changed_meanwhile);
  EXPECT_EQ(read(path), "theirs");
}

TEST(AtomicFileTest, RemovesOnlyWhatIsExpected) {
  const scratch_folder folder;
  const fs::path path = folder / "file";
  write(path, "theirs");
  EXPECT_FALSE(detail::remove_file(path, "mine"));
  EXPECT_EQ(read(path), "theirs");
  EXPECT_TRUE(detail::remove_file(path, "theirs"));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_THAT(detail::leftovers(path), IsEmpty());
}

}  // namespace
}  // namespace crossfade::flags
