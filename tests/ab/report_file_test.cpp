#include "benchmarks/ab/report_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace crossfade::ab {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ReportFileTest : public testing::Test {
 protected:
  ReportFileTest() {
    std::string name = (fs::temp_directory_path() / "crossfade-ab-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(ReportFileTest, LooksWithoutATrace) {
  const report_file file(folder_ / "new");
  EXPECT_EQ(files(), 0U);
  file.write("found");
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(content_of(folder_ / "new"), "found");
}

TEST_F(ReportFileTest, KeepsWhatIsThereUntilItIsWritten) {
  std::ofstream(folder_ / "old") << "before";
  const report_file file(folder_ / "old");
  EXPECT_EQ(content_of(folder_ / "old"), "before");
  file.write("after");
  EXPECT_EQ(content_of(folder_ / "old"), "after");
  EXPECT_EQ(files(), 1U);
}

TEST_F(ReportFileTest, ReplacesTheFileBehindALink) {
  std::ofstream(folder_ / "real") << "before";
  fs::create_symlink("real", folder_ / "link");
  report_file(folder_ / "link").write("after");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content_of(folder_ / "real"), "after");
}

TEST_F(ReportFileTest, WritesToADeviceAndLeavesItOne) {
  report_file("/dev/null").write("gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(ReportFileTest, RefusesWhatCannotBeWritten) {
  EXPECT_THROW(report_file{folder_}, std::system_error);
  EXPECT_THROW(report_file{folder_ / "none" / "file"}, std::system_error);
}

}  // namespace
}  // namespace crossfade::ab
