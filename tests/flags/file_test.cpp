#include "flags/file.hpp"

#include "tests/flags/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace crossfade::flags {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void replace(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  write(fresh, text);
  fs::rename(fresh, path);
}

std::string message(const std::optional<flag_error>& error) { return error ? error->what() : ""; }

class FileTest : public testing::Test {
 protected:
  /// Nothing but hints, and `reload`, make the file look.
  file_options hints_only() { return {.on_event = log_.sink(), .poll_interval = 1h}; }
  file_options polling() { return {.on_event = log_.sink(), .poll_interval = 5ms}; }

  /// The file tells of its flip to `value`, and chooses it.
  void expect_flip(file& file, const std::string& value) {
    const file_event event = log_.next();
    EXPECT_EQ(message(event.error), "");
    EXPECT_THAT(event.changed, ElementsAre("prices"));
    EXPECT_EQ(event.generation, file.status().generation);
    EXPECT_EQ(file.chooser()("prices"), value);
  }

  void expect_refusal(const std::string& part_of_message) {
    const file_event event = log_.next();
    EXPECT_THAT(message(event.error), HasSubstr(part_of_message));
    EXPECT_THAT(event.changed, IsEmpty());
  }

  scratch_folder folder_;
  fs::path path_ = folder_ / "flags.json";
  event_log log_;
};

// Each way to replace a file is tried there and back, so that the watch survives the first time.
struct replacement {
  const char* name;
  void (*prepare)(const scratch_folder& folder, const std::string& text);
  void (*replace)(const scratch_folder& folder, const std::string& text);
};

const fs::path real_file = "elsewhere/real.json";

void link_to_real_file(const scratch_folder& folder, const std::string& text) {
  fs::create_directory(folder / "elsewhere");
  write(folder / real_file, text);
  fs::create_symlink("../" / fs::path((folder / "").parent_path().filename()) / real_file,
                     folder / "flags.json");
}

/// As Kubernetes mounts a ConfigMap: flags.json -> ..data/flags.json, ..data -> a dated folder.
void swap_config_map(const scratch_folder& folder, const std::string& text) {
  const fs::path data = folder / "..data";
  const fs::path old = fs::is_symlink(data) ? fs::read_symlink(data) : fs::path();
  const fs::path dated = old == "..first" ? "..second" : "..first";
  fs::create_directory(folder / dated);
  write(folder / dated / "flags.json", text);
  fs::create_symlink(dated, folder / "..data_tmp");
  fs::rename(folder / "..data_tmp", data);
  if (!old.empty()) fs::remove_all(folder / old);
}

const replacement replacements[] = {
    {"WriteInPlace", [](auto& folder, auto& text) { write(folder / "flags.json", text); },
     [](auto& folder, auto& text) { write(folder / "flags.json", text); }},
    {"WriteThatKeepsSizeAndTime",
     [](auto& folder, auto& text) { write(folder / "flags.json", text); },
     [](auto& folder, auto& text) {
       const auto time = fs::last_write_time(folder / "flags.json");
       write(folder / "flags.json", text);
       fs::last_write_time(folder / "flags.json", time);
     }},
    {"Rename", [](auto& folder, auto& text) { write(folder / "flags.json", text); },
     [](auto& folder, auto& text) { replace(folder / "flags.json", text); }},
    {"RenameOfAnOlderFile", [](auto& folder, auto& text) { write(folder / "flags.json", text); },
     [](auto& folder, auto& text) {
       write(folder / "old", text);
       fs::last_write_time(folder / "old", fs::file_time_type::clock::now() - 24h);
       fs::rename(folder / "old", folder / "flags.json");
     }},
    {"WriteBehindALink", link_to_real_file,
     [](auto& folder, auto& text) { write(folder / real_file, text); }},
    {"RenameBehindALink", link_to_real_file,
     [](auto& folder, auto& text) { replace(folder / real_file, text); }},
    {"LinkPointedElsewhere", link_to_real_file,
     [](auto& folder, auto& text) {
       const fs::path target = folder / ("other-" + std::to_string(text.find("corou")));
       write(target, text);
       fs::create_symlink(target, folder / "link");
       fs::rename(folder / "link", folder / "flags.json");
     }},
    {"ConfigMap",
     [](auto& folder, auto& text) {
       swap_config_map(folder, text);
       fs::create_symlink("..data/flags.json", folder / "flags.json");
     },
     swap_config_map},
};

class ReplacementTest : public FileTest, public testing::WithParamInterface<replacement> {};

TEST_P(ReplacementTest, IsNoticedThereAndBack) {
  GetParam().prepare(folder_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");
  for (const auto& [variant, value] :
       {std::pair("corou", "coro"), std::pair("fiber", "fiber"), std::pair("corou", "coro")}) {
    GetParam().replace(folder_, choosing(variant));
    expect_flip(file, value);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, ReplacementTest, testing::ValuesIn(replacements),
                         [](const auto& way) { return std::string(way.param.name); });

TEST_F(FileTest, ListensWhereALinkLeadsNow) {
  fs::create_directory(folder_ / "other");
  write(folder_ / "other/flags.json", choosing("corou"));
  link_to_real_file(folder_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");
  fs::create_symlink("other/flags.json", folder_ / "link");
  fs::rename(folder_ / "link", path_);
  expect_flip(file, "coro");
  write(folder_ / "other/flags.json", choosing("fiber"));
  expect_flip(file, "fiber");
}

TEST_F(FileTest, PollingNoticesWhatGivesNoHint) {
  fs::create_directories(folder_ / "a/b");
  fs::create_directories(folder_ / "other/b");
  write(folder_ / "a/b/flags.json", choosing("fiber"));
  write(folder_ / "other/b/flags.json", choosing("corou"));
  file file(folder_ / "a/b/flags.json", polling());
  expect_flip(file, "fiber");
  fs::rename(folder_ / "a", folder_ / "gone");  // the folder above the one that is listened to
  fs::rename(folder_ / "other", folder_ / "a");
  while (log_.next().error) {
  }  // it may have looked between the two
  EXPECT_EQ(file.chooser()("prices"), "coro");
}

TEST_F(FileTest, ThrowsIfThereIsNothingToStartWith) {
  EXPECT_THROW(file(path_, file_options{}), flag_error);
  write(path_, "{}");
  EXPECT_THROW(file(path_, file_options{}), flag_error);
}

TEST_F(FileTest, MayStartWithoutAFileAndFindItLater) {
  file_options options = polling();
  options.must_load = false;
  file file(folder_ / "later/flags.json", options);
  expect_refusal("No such file or directory");
  EXPECT_EQ(file.status().generation, 0u);
  EXPECT_EQ(file.status().content_hash, "");
  EXPECT_FALSE(file.status().loaded_at);
  EXPECT_EQ(file.chooser()("prices"), "");
  fs::create_directory(folder_ / "later");
  replace(folder_ / "later/flags.json", choosing("corou"));
  expect_flip(file, "coro");
  EXPECT_EQ(file.status().generation, 1u);
}

TEST_F(FileTest, KeepsTheLastGoodSnapshotWhileTheFileIsBad) {
  write(path_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");
  const file_status good = file.status();

  replace(path_, choosing("corou").substr(0, 40));  // half of it
  expect_refusal("parse error at line 1");
  EXPECT_EQ(file.chooser()("prices"), "fiber");
  EXPECT_EQ(file.status().generation, good.generation);
  EXPECT_EQ(file.status().content_hash, good.content_hash);
  EXPECT_THAT(message(file.status().error), HasSubstr(path_.string() + ": parse error"));

  replace(path_, choosing("corou"));
  expect_flip(file, "coro");
  EXPECT_FALSE(file.status().error);
}

TEST_F(FileTest, TellsOfEachBadContentOnce) {
  write(path_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");
  for (const char* bad : {"{}", "{ }", "{}"}) {
    replace(path_, bad);
    file.reload();
    file.reload();
    expect_refusal("/flags is missing");
  }
  EXPECT_EQ(log_.size(), 0u);
}

TEST_F(FileTest, KeepsTheLastGoodSnapshotWhileTheFileIsGone) {
  write(path_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");

  fs::remove(path_);
  expect_refusal("cannot be read: No such file or directory");
  file.reload();
  EXPECT_EQ(log_.size(), 0u);  // told once
  EXPECT_EQ(file.chooser()("prices"), "fiber");

  replace(path_, choosing("fiber"));
  const file_event back = log_.next();
  EXPECT_FALSE(back.error);
  EXPECT_THAT(back.changed, IsEmpty());
  EXPECT_EQ(file.status().generation, 1u);
  EXPECT_FALSE(file.status().error);

  fs::remove(path_);
  expect_refusal("No such file or directory");
  replace(path_, choosing("corou"));
  expect_flip(file, "coro");
}

TEST_F(FileTest, DoesNotHangOnAPipe) {
  write(path_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  fs::rename(folder_ / "pipe", path_);
  expect_refusal("it is no regular file");
}

TEST_F(FileTest, AWriterThatNeverRestsIsReadAnyway) {
  write(path_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");
  const std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) replace(path_, choosing("corou"));
  });
  expect_flip(file, "coro");
}

TEST_F(FileTest, ReloadWaitsForNothing) {
  write(path_, choosing("fiber"));
  file_options options = hints_only();
  options.quiet = 1h;
  file file(path_, options);
  expect_flip(file, "fiber");
  replace(path_, choosing("corou"));
  file.reload();
  ASSERT_EQ(log_.size(), 1u);
  expect_flip(file, "coro");
}

TEST_F(FileTest, WhiteSpaceIsNoChange) {
  write(path_, choosing("fiber"));
  file file(path_, hints_only());
  expect_flip(file, "fiber");
  const file_status before = file.status();
  replace(path_, "\n" + choosing("fiber"));
  file.reload();
  const file_status after = file.status();
  EXPECT_EQ(log_.size(), 0u);
  EXPECT_EQ(after.generation, before.generation);
  EXPECT_NE(after.content_hash, before.content_hash);
  EXPECT_GE(after.loaded_at, before.loaded_at);
}

TEST_F(FileTest, MetadataOfTheFileIsAChange) {
  write(path_, R"({"flags": {}})");
  file file(path_, hints_only());
  EXPECT_EQ(log_.next().generation, 1u);
  replace(path_, R"({"flags": {}, "metadata": {"version": "2"}})");
  file.reload();
  EXPECT_EQ(log_.next().generation, 2u);
  EXPECT_EQ(file.current()->metadata().at("version"), json_value("2"));
}

TEST_F(FileTest, StatusTellsWhatIsInForce) {
  write(path_, choosing("fiber"));
  const auto before = std::chrono::system_clock::now();
  const file file(path_, hints_only());
  const file_status status = file.status();
  EXPECT_EQ(status.path, path_);
  EXPECT_EQ(status.generation, 1u);
  EXPECT_EQ(status.content_hash.size(), 16u);
  EXPECT_GE(status.loaded_at, before);
  EXPECT_FALSE(status.error);
}

TEST_F(FileTest, AcceptRefusesACandidateAsAWhole) {
  write(path_, choosing("fiber"));
  file_options options = hints_only();
  options.accept = string_values_must_be({"fiber", "coro"});
  file file(path_, options);
  expect_flip(file, "fiber");
  replace(path_, R"({"flags": {"prices": {"state": "ENABLED", "defaultVariant": "coro",
                   "variants": {"coro": "coro", "thread": "thread"}}}})");
  expect_refusal(R"(/variants/thread is "thread"; expected one of: "fiber", "coro")");
  EXPECT_EQ(file.chooser()("prices"), "fiber");
}

TEST_F(FileTest, AnyFailureOfAcceptRefuses) {
  write(path_, choosing("fiber"));
  file_options options = hints_only();
  options.must_load = false;
  options.accept = [](const snapshot&) { throw std::out_of_range("no such backend"); };
  const file file(path_, options);
  expect_refusal("cannot be judged: no such backend");
  EXPECT_EQ(file.status().generation, 0u);
}

class KillSwitchFileTest : public FileTest {
 protected:
  void expect_choice(file& file, const std::string& value) {
    EXPECT_THAT(log_.next().changed, ElementsAre("prices"));
    EXPECT_EQ(file.chooser()("prices"), value);
  }
  authority decided_by(const file& file) { return file.current()->find("prices")->decided_by; }

  const fs::path kill_ = kill_switch::beside(path_);
};

TEST_F(KillSwitchFileTest, GoesBeforeTheFileWhileItIsThere) {
  write(path_, choosing("corou"));
  file file(path_, hints_only());
  expect_flip(file, "coro");
  write(kill_, "");
  expect_choice(file, "");
  EXPECT_TRUE(file.status().killed.all);
  EXPECT_EQ(decided_by(file), authority::kill_switch);
  EXPECT_EQ(file.current()->string("prices", "mine").reason, reason::disabled);
  fs::remove(kill_);
  expect_choice(file, "coro");
  EXPECT_TRUE(file.status().killed.covers_nothing());
  EXPECT_EQ(decided_by(file), authority::file);
}

TEST_F(KillSwitchFileTest, KillsOnlyTheFlagsItNames) {
  write(path_, choosing("corou"));
  write(kill_, "database\n");
  file file(path_, hints_only());
  expect_flip(file, "coro");
  replace(kill_, "database\nprices  # slow since noon\n");
  expect_choice(file, "");
  replace(kill_, "database\n");
  expect_choice(file, "coro");
}

TEST_F(KillSwitchFileTest, WorksBesideAFileThatIsBroken) {
  write(path_, choosing("corou"));
  file file(path_, hints_only());
  expect_flip(file, "coro");
  replace(path_, "{");
  expect_refusal("flags.json");
  write(kill_, "prices\n");
  expect_choice(file, "");
  EXPECT_TRUE(file.status().error) << "it is broken still";
  EXPECT_EQ(file.status().refusals, 1U);
  replace(path_, choosing("fiber"));
  EXPECT_THAT(log_.next().changed, ElementsAre("prices"));
  EXPECT_EQ(file.chooser()("prices"), "") << "and killed still";
  fs::remove(kill_);
  expect_choice(file, "fiber");
}

TEST_F(KillSwitchFileTest, KillsAllIfItCannotBeUnderstood) {
  write(path_, choosing("corou"));
  file file(path_, hints_only());
  expect_flip(file, "coro");
  fs::create_directory(kill_);
  expect_choice(file, "");
  EXPECT_THAT(message(log_.next().error), HasSubstr("flags.json.kill: cannot be read"));
  EXPECT_TRUE(file.status().kill_error);
  fs::remove(kill_);
  expect_choice(file, "coro");
  EXPECT_FALSE(file.status().kill_error);
}

TEST_F(KillSwitchFileTest, IsNoticedByLookingToo) {
  write(path_, choosing("corou"));
  file file(path_, polling());
  expect_flip(file, "coro");
  write(kill_, "");
  expect_choice(file, "");
  fs::remove(kill_);
  expect_choice(file, "coro");
}

TEST_F(KillSwitchFileTest, GoesBeforeAnOverrideWhichGoesBeforeTheFile) {
  write(path_, choosing("corou"));
  file_options options = hints_only();
  options.overrides = overrides::parse("prices=fiber");
  file file(path_, std::move(options));
  expect_flip(file, "fiber");
  EXPECT_EQ(decided_by(file), authority::environment);
  EXPECT_EQ(file.current()->string("prices", "").reason, reason::static_value);
  write(kill_, "");
  expect_choice(file, "");
  EXPECT_EQ(decided_by(file), authority::kill_switch);
}

TEST_F(FileTest, OverrideOfWhatThereIsNotIsToldOnceAndDoesNotCount) {
  write(path_, choosing("corou"));
  file_options options = hints_only();
  options.overrides = overrides::parse("prices=corro,other=coro");
  file file(path_, std::move(options));
  const file_event first = log_.next();
  EXPECT_TRUE(first.error);
  EXPECT_EQ(file.chooser()("prices"), "coro");
  const auto errors = file.status().override_errors;
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_THAT(errors[0].what(), HasSubstr("\"other\" is no flag of"));
  EXPECT_THAT(errors[1].what(),
              HasSubstr("\"prices\" is \"corro\"; expected one of its variants: "));
  replace(path_, choosing("fiber"));
  expect_flip(file, "fiber");
}

}  // namespace
}  // namespace crossfade::flags
