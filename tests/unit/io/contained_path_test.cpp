#include "io/contained_path.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;

TEST(ContainedPath, PlainNamesAreTakenAsTheyAre) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a", "dmo/LP_00/lenspot00.dat", ".trash/x", "a b", "Größe/ñ", "..a", "a..", "..."})
    EXPECT_EQ(contained_path(real_disk(), folder.path(), name), folder.path() / name) << name;
}

TEST(ContainedPath, NamesThatLeaveTheRootOrCannotBeOursAreRefused) {
  const test::TemporaryFolder folder;
  const std::vector<std::string> names{"",
                                       "/etc/passwd",
                                       "..",
                                       "../x",
                                       "a/../../x",
                                       "a/..",
                                       "./a",
                                       "a/./b",
                                       "a//b",
                                       "a/",
                                       "a\nb",
                                       std::string("a\0b", 3),
                                       "a\x1b[2J",
                                       "a\x7f",
                                       "\xff\xfe",
                                       "\xc0\xaf",
                                       "\xed\xa0\x80",
                                       "\xf5\x80\x80\x80",
                                       "a\xc3",
                                       std::string(300, 'x'),
                                       std::string(5000, '/')};
  for (const std::string& name : names)
    EXPECT_THROW(contained_path(real_disk(), folder.path(), name), InputError) << name;
}

TEST(ContainedPath, WayThroughALinkOrAFileIsRefused) {
  const test::TemporaryFolder folder, elsewhere;
  fs::create_directory_symlink(elsewhere.path(), folder / "link");
  fs::create_directories(folder / "inside");
  fs::create_directory_symlink(folder / "inside", folder / "inner");
  test::write_file(folder / "file", "");
  for (const char* name : {"link/x", "inner/x", "file/x"})
    EXPECT_THROW(contained_path(real_disk(), folder.path(), name), InputError) << name;
  EXPECT_NO_THROW(contained_path(real_disk(), folder.path(), "link"))
      << "the link itself may be moved or removed";
}

}  // namespace
}  // namespace lenswright
