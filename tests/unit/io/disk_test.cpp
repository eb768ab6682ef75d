#include "io/disk.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <map>

#include "base/error.hpp"
#include "io/rename_no_replace.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::TemporaryFolder;
using test::write_file;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

int error_number_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const IoError& error) {
    return error.error_number();
  }
  return 0;
}

TEST(RealDisk, WritesAndReadsBack) {
  const TemporaryFolder folder;
  const fs::path path = folder / "file";
  const std::unique_ptr<WritableFile> out = real_disk().create(path);
  out->write(bytes_of("lens"));
  out->write(bytes_of("wright"));
  out->sync();
  out->close();
  EXPECT_EQ(read_text(real_disk(), path), "lenswright");
  std::array<std::byte, 3> part{};
  real_disk().open(path)->read_at(4, part);
  EXPECT_EQ(part[0], std::byte{'w'});
  EXPECT_EQ(part[2], std::byte{'i'});
}

std::string numbered(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t k = 0; k < size; ++k) text[k] = static_cast<char>(k * k % 251);
  return text;
}

TEST(RealDisk, PiecesOfAnySizeBecomeTheFileInTheirOrder) {
  const TemporaryFolder folder;
  const std::size_t pieces[] = {4,    4091, 1,   4096, 8192, 0,    4095, 2,         1, 3 * 4096 + 5,
                                4087, 100,  100, 3900, 9999, 4096, 17,   1U << 20U, 3};
  std::size_t size = 0;
  for (const std::size_t piece : pieces) size += piece;
  const std::string content = numbered(size);
  for (const bool begins : {false, true}) {
    for (const bool syncs : {false, true}) {
      const fs::path path = folder / (std::string(begins ? "begun" : "not") + (syncs ? "synced" : "not"));
      const std::unique_ptr<WritableFile> out = real_disk().create(path);
      std::size_t at = 0, begun = 0;
      for (const std::size_t piece : pieces) {
        out->write(bytes_of(content.substr(at, piece)));
        at += piece;
        EXPECT_EQ(fs::file_size(path), std::max(begun, at / 4096 * 4096)) << "up to a whole page";
        if (!begins) continue;
        out->begin_sync();
        begun = at;
        EXPECT_EQ(fs::file_size(path), at);
      }
      if (syncs) {
        out->sync();
        EXPECT_EQ(fs::file_size(path), size);
      }
      out->close();
      EXPECT_TRUE(read_file(path) == content);
    }
  }
}

// As a disk that gets full does: what fits is taken, and then nothing.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST(RealDisk, WhatDoesNotFitIsAnErrorWheneverItIsHandedOver) {
  const TemporaryFolder folder;
  const std::string content = numbered(10000);
  const FileSizeLimit limit(9999);
  using Act = std::function<void(WritableFile&)>;
  const std::map<std::string, Act> ways = {
      {"begin", [](WritableFile& file) { file.begin_sync(); }},
      {"sync", [](WritableFile& file) { file.sync(); }},
      {"close", [](WritableFile& file) { file.close(); }},
      {"write", [&](WritableFile& file) { file.write(bytes_of(content)); }},
  };
  for (const auto& way : ways) {
    const std::unique_ptr<WritableFile> out = real_disk().create(folder / way.first);
    out->write(bytes_of(content));
    EXPECT_EQ(error_number_of([&] { way.second(*out); }), EFBIG) << way.first;
  }
}

TEST(RealDisk, CreateDoesNotTouchAFileThatIsThere) {
  const TemporaryFolder folder;
  write_file(folder / "file", "old");
  EXPECT_EQ(error_number_of([&] { real_disk().create(folder / "file"); }), EEXIST);
  EXPECT_EQ(read_file(folder / "file"), "old");
}

TEST(RealDisk, ReadingPastTheEndSaysHowFar) {
  const TemporaryFolder folder;
  write_file(folder / "file", "12345678");
  std::array<std::byte, 8> buffer{};
  try {
    real_disk().open(folder / "file")->read_at(4, buffer);
    FAIL() << "read past the end";
  } catch (const IoError& error) {
    EXPECT_EQ(error.operation(), "read to byte 12");
    EXPECT_EQ(error.error_number(), EIO);
  }
}

TEST(RealDisk, AFolderIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_number_of([&] { real_disk().open(folder.path()); }), EISDIR);
}

TEST(RealDisk, AbsentFilesHaveNoStatusAndCannotBeOpened) {
  const TemporaryFolder folder;
  write_file(folder / "file", "x");
  EXPECT_EQ(real_disk().status(folder / "absent"), std::nullopt);
  EXPECT_EQ(real_disk().status(folder / "file" / "below"), std::nullopt);
  EXPECT_EQ(error_number_of([&] { real_disk().open(folder / "absent"); }), ENOENT);
  EXPECT_EQ(error_number_of([&] { real_disk().list(folder / "absent"); }), ENOENT);
  EXPECT_EQ(error_number_of([&] { real_disk().remove(folder / "absent"); }), ENOENT);
}

TEST(RealDisk, ListIsSortedAndTellsTypesWithoutFollowingLinks) {
  const TemporaryFolder folder;
  write_file(folder / "b", "123");
  write_file(folder / "a", "");
  fs::create_directory(folder / "c");
  fs::create_symlink("b", folder / ".link");
  const std::vector<DirectoryEntry> entries = real_disk().list(folder.path());
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].name, ".link");
  EXPECT_EQ(entries[0].status.type, FileType::symlink);
  EXPECT_EQ(entries[1].name, "a");
  EXPECT_EQ(entries[1].status.size, 0U);
  EXPECT_EQ(entries[2].name, "b");
  EXPECT_EQ(entries[2].status.type, FileType::regular);
  EXPECT_EQ(entries[2].status.size, 3U);
  EXPECT_EQ(entries[3].status.type, FileType::directory);
  const std::optional<FileStatus> followed = real_disk().status(folder / ".link");
  ASSERT_TRUE(followed);
  EXPECT_EQ(followed->inode, entries[2].status.inode);
  EXPECT_EQ(followed->modified_ns, entries[2].status.modified_ns);
}

TEST(RealDisk, MakesFoldersOnTheWayAndOnlyOverFolders) {
  const TemporaryFolder folder;
  real_disk().create_directories(folder / "a/b/c");
  real_disk().create_directories(folder / "a/b/c");
  real_disk().create_directories(folder / "a/d/");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
  EXPECT_TRUE(fs::is_directory(folder / "a/d"));
  write_file(folder / "file", "");
  EXPECT_EQ(error_number_of([&] { real_disk().create_directories(folder / "file"); }), ENOTDIR);
  EXPECT_NE(error_number_of([&] { real_disk().create_directories(folder / "file/below"); }), 0);
}

TEST(RealDisk, RenameIfAbsentNeverReplaces) {
  const TemporaryFolder folder;
  write_file(folder / "from", "new");
  write_file(folder / "to", "old");
  EXPECT_FALSE(real_disk().rename_if_absent(folder / "from", folder / "to"));
  EXPECT_EQ(read_file(folder / "to"), "old");
  EXPECT_EQ(read_file(folder / "from"), "new");
  EXPECT_TRUE(real_disk().rename_if_absent(folder / "from", folder / "free"));
  EXPECT_EQ(read_file(folder / "free"), "new");
  EXPECT_FALSE(fs::exists(folder / "from"));
  EXPECT_EQ(error_number_of([&] { real_disk().rename_if_absent(folder / "from", folder / "x"); }), ENOENT);
}

// Each way must do what the others do: which one runs depends on the file system.
class RenameWay : public testing::TestWithParam<std::optional<bool> (*)(const fs::path&, const fs::path&)> {};

TEST_P(RenameWay, RenamesToAFreeNameAndLeavesATakenOne) {
  const TemporaryFolder folder;
  write_file(folder / "from", "new");
  write_file(folder / "taken", "old");
  fs::create_symlink("nowhere", folder / "dangling");
  EXPECT_EQ(GetParam()(folder / "from", folder / "taken"), false);
  EXPECT_EQ(GetParam()(folder / "from", folder / "dangling"), false);
  EXPECT_EQ(read_file(folder / "taken"), "old");
  EXPECT_EQ(GetParam()(folder / "from", folder / "free"), true);
  EXPECT_EQ(read_file(folder / "free"), "new");
  EXPECT_FALSE(fs::exists(folder / "from"));
  EXPECT_THROW(GetParam()(folder / "from", folder / "other"), IoError);
}
INSTANTIATE_TEST_SUITE_P(All, RenameWay, testing::Values(rename_by_flag, rename_by_link, rename_by_look));

TEST(RenameByLink, DoesNotTryFolders) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "from");
  EXPECT_EQ(rename_by_link(folder / "from", folder / "to"), std::nullopt);
  EXPECT_EQ(rename_by_look(folder / "from", folder / "to"), true);
}

TEST(RealDisk, FoldersMoveWholeAndNeverOntoAnother) {
  const TemporaryFolder folder;
  write_file(folder / "run001/kappa40.dat", "map");
  fs::create_directory(folder / "taken");
  EXPECT_FALSE(real_disk().rename_if_absent(folder / "run001", folder / "taken"));
  EXPECT_TRUE(real_disk().rename_if_absent(folder / "run001", folder / "aside"));
  EXPECT_EQ(read_file(folder / "aside/kappa40.dat"), "map");
}

TEST(RealDisk, SpaceOfAPathThatIsNotThereYetIsThatOfItsParent) {
  const TemporaryFolder folder;
  const DiskSpace space = real_disk().space(folder / "not/yet/there");
  EXPECT_GT(space.bytes_free, 0U);
  if (!space.inodes_counted) {
    EXPECT_EQ(space.inodes_free, 0U);
  }
}

TEST(RealDisk, SyncsFoldersAndSaysWhichItCannotFind) {
  const TemporaryFolder folder;
  real_disk().sync_directory(folder.path());
  EXPECT_EQ(error_number_of([&] { real_disk().sync_directory(folder / "absent"); }), ENOENT);
}

}  // namespace
}  // namespace lenswright
