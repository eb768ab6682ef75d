#include "report/output_file.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;

TEST(OutputFile, ReplacesAnEarlierReportAndLeavesNothingElse) {
  const test::TemporaryFolder folder;
  write_output(real_disk(), folder / "d.json", std::string_view("first, and longer"));
  write_output(real_disk(), folder / "d.json", std::string_view("second"));
  EXPECT_EQ(test::read_file(folder / "d.json"), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}), 1);
}

TEST(OutputFile, LinkAndDeviceAreWrittenThroughNotReplaced) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "real.json", "old");
  fs::create_symlink(folder / "real.json", folder / "link.json");
  write_output(real_disk(), folder / "link.json", std::string_view("new"));
  EXPECT_TRUE(fs::is_symlink(folder / "link.json"));
  EXPECT_EQ(test::read_file(folder / "real.json"), "new");
  write_output(real_disk(), "/dev/null", std::string_view("gone"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(OutputFile, FolderOrMissingFolderIsAnError) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(write_output(real_disk(), folder.path(), std::string_view("x")), IoError);
  EXPECT_THROW(write_output(real_disk(), folder / "no/such/d.json", std::string_view("x")), IoError);
}

}  // namespace
}  // namespace lenswright
