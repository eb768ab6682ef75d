#include "io/atomic_writer.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "base/error.hpp"
#include "faulty_disk.hpp"
#include "memory_disk.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using test::Fault;
using test::FaultKind;
using test::FaultyDisk;
using test::MemoryDisk;
using test::Names;
using test::TemporaryFolder;

const std::filesystem::path kTarget = "/root/dmo/LP_00/lenspot03.dat";
const std::string kContent = "sixteen bytes of";

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// In two pieces, so that there is a middle to fail in.
Published publish_content(Disk& disk) {
  AtomicWriter writer(disk, kTarget);
  writer.write(bytes_of(kContent).first(7));
  writer.write(bytes_of(kContent).subspan(7));
  return writer.publish();
}

std::size_t operations_of_publishing() {
  MemoryDisk memory;
  FaultyDisk counted(memory);
  publish_content(counted);
  return counted.operations();
}

// Nothing or the whole: what stands under the product's name.
void expect_whole_or_nothing(MemoryDisk& disk) {
  if (disk.status(kTarget)) {
    EXPECT_EQ(read_text(disk, kTarget), kContent);
  }
}

std::size_t temporary_files(const MemoryDisk& disk) {
  std::size_t count = 0;
  for (const auto& [path, content] : disk.files("/"))
    count += parse_temporary_name(std::filesystem::path(path).filename().string()).has_value();
  return count;
}

TEST(AtomicWriter, PublishesOnTheRealDisk) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "made/on/the/way/file";
  const Published published = publish_text(real_disk(), path, kContent);
  EXPECT_EQ(test::read_file(path), kContent);
  EXPECT_EQ(published.size, kContent.size());
  EXPECT_EQ(published.digest, digest_of(kContent));
  EXPECT_FALSE(published.was_there);
  EXPECT_EQ(real_disk().list(path.parent_path()).size(), 1U) << "the temporary file is gone";
}

TEST(AtomicWriter, EmptyFilesArePublishedToo) {
  const TemporaryFolder folder;
  EXPECT_EQ(publish_text(real_disk(), folder / "empty", "").size, 0U);
  EXPECT_EQ(test::read_file(folder / "empty"), "");
  EXPECT_TRUE(publish_text(real_disk(), folder / "empty", "").was_there);
}

TEST(AtomicWriter, ARelativeNameIsInTheCurrentFolder) {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  publish_text(real_disk(), "plain-name", kContent);
  std::filesystem::current_path(before);
  EXPECT_EQ(test::read_file(folder / "plain-name"), kContent);
}

TEST(AtomicWriter, TheSameBytesTwiceAreHarmless) {
  MemoryDisk disk;
  publish_content(disk);
  const std::uint64_t inode = disk.status(kTarget)->inode;
  const Published again = publish_content(disk);
  EXPECT_TRUE(again.was_there);
  EXPECT_EQ(again.digest, digest_of(kContent));
  EXPECT_EQ(disk.status(kTarget)->inode, inode) << "the first file stays";
  EXPECT_EQ(temporary_files(disk), 0U);
}

TEST(AtomicWriter, OtherBytesUnderTheNameStayAndAreAnError) {
  for (const std::string& other : {std::string("sixteen bytes oF"), std::string("short"), kContent + "!"}) {
    MemoryDisk disk;
    disk.put(kTarget, other);
    try {
      publish_content(disk);
      FAIL() << "replaced " << other;
    } catch (const IoError& error) {
      EXPECT_EQ(error.error_number(), EEXIST);
      EXPECT_EQ(error.path(), kTarget);
    }
    EXPECT_EQ(read_text(disk, kTarget), other);
    EXPECT_EQ(temporary_files(disk), 0U);
  }
}

TEST(AtomicWriter, ADanglingLinkUnderTheNameIsAnErrorAndNotALoop) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder / "file");
  EXPECT_THROW(publish_text(real_disk(), folder / "file", kContent), IoError);
  EXPECT_EQ(real_disk().list(folder.path()).size(), 1U);
}

TEST(AtomicWriter, UnpublishedLeavesNothing) {
  MemoryDisk disk;
  {
    AtomicWriter writer(disk, kTarget);
    writer.write(bytes_of(kContent));
    EXPECT_EQ(temporary_files(disk), 1U);
    EXPECT_EQ(disk.status(kTarget), std::nullopt);
  }
  EXPECT_TRUE(disk.files("/").empty());
}

TEST(AtomicWriter, AnyOperationFailingLeavesNothingOrTheWholeFileAndARetryMakesIt) {
  const std::size_t operations = operations_of_publishing();
  ASSERT_GT(operations, 7U);
  for (const int error_number : {ENOSPC, EIO})
    for (std::size_t at = 1; at <= operations; ++at) {
      MemoryDisk memory;
      FaultyDisk disk(memory, Fault{at, FaultKind::error, error_number});
      SCOPED_TRACE("operation " + std::to_string(at));
      try {
        publish_content(disk);
        ADD_FAILURE() << disk.struck_operation() << " failed unnoticed";
      } catch (const IoError& error) {
        EXPECT_EQ(error.error_number(), error_number);
      }
      expect_whole_or_nothing(memory);
      EXPECT_EQ(temporary_files(memory), 0U) << "after " << disk.struck_operation();
      publish_content(memory);
      EXPECT_EQ(read_text(memory, kTarget), kContent);
    }
}

TEST(AtomicWriter, DyingAtAnyOperationLeavesNothingOrTheWholeFile) {
  const std::size_t operations = operations_of_publishing();
  for (std::size_t at = 1; at <= operations; ++at) {
    MemoryDisk memory;
    FaultyDisk disk(memory, Fault{at, FaultKind::death});
    SCOPED_TRACE("operation " + std::to_string(at));
    EXPECT_THROW(publish_content(disk), test::WriterDied);
    expect_whole_or_nothing(memory);
    publish_content(memory);
    EXPECT_EQ(read_text(memory, kTarget), kContent);
  }
}

TEST(AtomicWriter, PowerLossAtAnyOperationLeavesNothingOrTheWholeFile) {
  const std::size_t operations = operations_of_publishing();
  for (const Names names : {Names::kept, Names::lost})
    for (std::size_t at = 1; at <= operations; ++at) {
      MemoryDisk memory;
      FaultyDisk disk(memory, Fault{at, FaultKind::death});
      EXPECT_THROW(publish_content(disk), test::WriterDied);
      memory.power_loss(names);
      SCOPED_TRACE("operation " + std::to_string(at));
      expect_whole_or_nothing(memory);
    }
}

TEST(AtomicWriter, PublishedSurvivesPowerLoss) {
  MemoryDisk memory;
  publish_content(memory);
  memory.power_loss(Names::lost);
  ASSERT_TRUE(memory.status(kTarget));
  EXPECT_EQ(read_text(memory, kTarget), kContent);
}

TEST(AtomicWriter, AWriteThatLosesBytesSilentlyIsFoundByItsLength) {
  const std::size_t operations = operations_of_publishing();
  std::size_t found = 0;
  for (std::size_t at = 1; at <= operations; ++at) {
    MemoryDisk memory;
    FaultyDisk disk(memory, Fault{at, FaultKind::short_write});
    try {
      publish_content(disk);
    } catch (const IoError& error) {
      EXPECT_EQ(error.error_number(), EIO);
      EXPECT_EQ(disk.struck_operation(), "write");
      ++found;
    }
    expect_whole_or_nothing(memory);
    EXPECT_EQ(temporary_files(memory), 0U);
  }
  EXPECT_EQ(found, 2U) << "both writes";
}

TEST(AtomicWriter, ALargeFileStartsForTheDiskWhileItIsWrittenOrWhenTold) {
  const std::vector<std::byte> piece(std::size_t{1} << 20U);
  const auto begins = [&](WriteBack write_back, bool told) {
    MemoryDisk memory;
    FaultyDisk disk(memory);
    AtomicWriter writer(disk, kTarget, write_back);
    const std::size_t before = disk.operations();
    constexpr std::size_t kPieces = 5;
    for (std::size_t n = 0; n < kPieces; ++n) writer.write(piece);
    if (told) writer.begin_sync();
    const std::size_t others = disk.operations() - before - kPieces;
    EXPECT_EQ(writer.publish().size, kPieces * piece.size());
    return others;
  };
  EXPECT_EQ(begins(WriteBack::while_written, false), 2U);
  EXPECT_EQ(begins(WriteBack::when_told, false), 0U);
  EXPECT_EQ(begins(WriteBack::when_told, true), 1U);
}

// Between the refusal to rename and the comparison, the file that was in the way is moved aside.
class DiskThatClearsTheWay final : public Disk {
 public:
  explicit DiskThatClearsTheWay(Disk& disk) : disk_(disk) {}
  std::optional<FileStatus> status(const std::filesystem::path& path) override { return disk_.status(path); }
  std::vector<DirectoryEntry> list(const std::filesystem::path& folder) override {
    return disk_.list(folder);
  }
  std::unique_ptr<ReadableFile> open(const std::filesystem::path& path) override { return disk_.open(path); }
  std::unique_ptr<WritableFile> create(const std::filesystem::path& path) override {
    return disk_.create(path);
  }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    disk_.rename(from, to);
  }
  bool rename_if_absent(const std::filesystem::path& from, const std::filesystem::path& to) override {
    const bool done = disk_.rename_if_absent(from, to);
    if (!done) disk_.remove(to);
    return done;
  }
  std::optional<FileStatus> entry_status(const std::filesystem::path& path) override {
    return disk_.entry_status(path);
  }
  bool exchange(const std::filesystem::path& one, const std::filesystem::path& other) override {
    return disk_.exchange(one, other);
  }
  bool link_if_absent(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return disk_.link_if_absent(from, to);
  }
  void touch(const std::filesystem::path& path) override { disk_.touch(path); }
  void remove(const std::filesystem::path& path) override { disk_.remove(path); }
  std::vector<std::filesystem::path> make_directories(const std::filesystem::path& folder) override {
    return disk_.make_directories(folder);
  }
  void sync_directory(const std::filesystem::path& folder) override { disk_.sync_directory(folder); }
  DiskSpace space(const std::filesystem::path& path) override { return disk_.space(path); }

 private:
  Disk& disk_;
};

TEST(AtomicWriter, FoldersThatItMakesAreDurableWithTheFile) {
  const std::filesystem::path target = "/new/folder/file";
  MemoryDisk at_once, later;
  publish_text(at_once, target, kContent);
  at_once.power_loss(Names::lost);
  EXPECT_EQ(read_text(at_once, target), kContent);

  std::set<std::filesystem::path> folders;
  AtomicWriter writer(later, target);
  writer.write(bytes_of(kContent));
  writer.publish_unsynced(folders);
  EXPECT_EQ(read_text(later, target), kContent);
  for (const std::filesystem::path& folder : folders) later.sync_directory(folder);
  later.power_loss(Names::lost);
  EXPECT_EQ(read_text(later, target), kContent);
}

TEST(AtomicWriter, AFolderThatAnAbandonedWriterMadeIsDurableForOthers) {
  const std::filesystem::path target = "/new/folder/file";
  MemoryDisk memory;
  auto abandoned = std::make_unique<AtomicWriter>(memory, "/new/folder/other");
  publish_text(memory, target, kContent);
  abandoned.reset();
  memory.power_loss(Names::lost);
  EXPECT_EQ(read_text(memory, target), kContent);

  MemoryDisk full;
  FaultyDisk refusing(full, Fault{2, FaultKind::error, ENOSPC});  // the folder is made, the file is not
  EXPECT_THROW(AtomicWriter(refusing, "/new/folder/other"), IoError);
  EXPECT_EQ(refusing.struck_operation(), "create");
  publish_text(full, target, kContent);
  full.power_loss(Names::lost);
  EXPECT_EQ(read_text(full, target), kContent);
}

TEST(AtomicWriter, ANameThatGetsFreeInTheMomentIsTaken) {
  MemoryDisk memory;
  memory.put(kTarget, "old");
  DiskThatClearsTheWay disk(memory);
  EXPECT_FALSE(publish_content(disk).was_there);
  EXPECT_EQ(read_text(memory, kTarget), kContent);
}

}  // namespace
}  // namespace lenswright
