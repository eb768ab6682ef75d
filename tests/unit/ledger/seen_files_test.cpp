#include "ledger/seen_files.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "faulty_disk.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::SmallTree;

// Counts the files that a scan opens.
class SeenFilesTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(tree_.campaign().state); }
  // As if the tree had been written an hour ago: files just written are not at rest yet.
  class AnHourAgo final : public Disk {
   public:
    std::optional<FileStatus> status(const fs::path& path) override {
      return older(real_disk().status(path));
    }
    std::optional<FileStatus> entry_status(const fs::path& path) override {
      return older(real_disk().entry_status(path));
    }
    std::vector<DirectoryEntry> list(const fs::path& folder) override {
      auto entries = real_disk().list(folder);
      for (DirectoryEntry& entry : entries) entry.status = *older(entry.status);
      return entries;
    }
    std::unique_ptr<ReadableFile> open(const fs::path& path) override {
      ++opened;
      return real_disk().open(path);
    }
    std::unique_ptr<WritableFile> create(const fs::path& path) override { return real_disk().create(path); }
    void rename(const fs::path& from, const fs::path& to) override { real_disk().rename(from, to); }
    bool rename_if_absent(const fs::path& from, const fs::path& to) override {
      return real_disk().rename_if_absent(from, to);
    }
    bool exchange(const fs::path& one, const fs::path& other) override {
      return real_disk().exchange(one, other);
    }
    bool link_if_absent(const fs::path& from, const fs::path& to) override {
      return real_disk().link_if_absent(from, to);
    }
    void remove(const fs::path& path) override { real_disk().remove(path); }
    void touch(const fs::path& path) override { real_disk().touch(path); }
    std::vector<fs::path> make_directories(const fs::path& folder) override {
      return real_disk().make_directories(folder);
    }
    void sync_directory(const fs::path& folder) override { real_disk().sync_directory(folder); }
    DiskSpace space(const fs::path& path) override { return real_disk().space(path); }

    std::size_t opened = 0;
    std::chrono::nanoseconds ago{std::chrono::hours(1)};

   private:
    std::optional<FileStatus> older(std::optional<FileStatus> status) const {
      if (!status) return status;
      status->modified_ns -= ago.count();
      status->changed_ns -= ago.count();
      return status;
    }
  };

  ScanResult scan_with(SeenFiles& seen, Tier tier = Tier::header, const Selection& selection = {}) {
    disk_.opened = 0;
    SilentProgress silent;
    return scan(tree_.campaign(), disk_, tier, selection, {}, silent, nullptr, &seen);
  }
  SeenFiles learned() {
    SeenFiles seen(tree_.campaign());
    scan_with(seen);
    return seen;
  }

  SmallTree tree_;
  AnHourAgo disk_;
};

constexpr std::size_t kMarkers = 4;  // of the three roots, and transforms.h5 by another way

TEST_F(SeenFilesTest, UnchangedFilesAreNotOpenedAgainAtTierHeader) {
  SeenFiles seen = learned();
  EXPECT_GT(disk_.opened, 100U);
  EXPECT_TRUE(seen.changed());
  seen.save(real_disk(), tree_.campaign());
  SeenFiles loaded = SeenFiles::load(real_disk(), tree_.campaign());
  EXPECT_TRUE(scan_with(loaded).findings.empty());
  EXPECT_LE(disk_.opened, kMarkers);
  EXPECT_FALSE(loaded.changed());
}

TEST_F(SeenFilesTest, ChangedFilesAreOpenedAgainAndFoundBad) {
  SeenFiles seen = learned();
  const ProductId id{ProductKind::mass_plane, 0, 1, 3};
  const fs::path file = tree_.file(id);
  const auto before = fs::last_write_time(file);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a tick of the file system's clock
  test::flip_bit(file, 3);
  fs::last_write_time(file, before);  // as a copy that keeps times leaves it
  const ScanResult result = scan_with(seen);
  EXPECT_EQ(result.state(id), State::corrupt);
  // And once more: what was found bad is not taken for seen.
  EXPECT_EQ(scan_with(seen).state(id), State::corrupt);
}

TEST_F(SeenFilesTest, TierFullReadsWhateverIsSeen) {
  SeenFiles seen = learned();
  scan_with(seen, Tier::full);
  EXPECT_GT(disk_.opened, 100U);
}

TEST_F(SeenFilesTest, FilesJustWrittenAreNotTrusted) {
  disk_.ago = {};
  SeenFiles seen(tree_.campaign());
  scan_with(seen);
  EXPECT_FALSE(seen.changed());
}

TEST_F(SeenFilesTest, ALookAtAPartForgetsNothing) {
  SeenFiles seen = learned();
  Selection part;
  part.models = {1};
  scan_with(seen, Tier::header, part);
  EXPECT_FALSE(seen.changed() && disk_.opened > kMarkers);
  scan_with(seen);
  EXPECT_LE(disk_.opened, kMarkers);
}

TEST_F(SeenFilesTest, DamagedItKnowsNothing) {
  const SeenFiles seen = learned();
  seen.save(real_disk(), tree_.campaign());
  const fs::path file = tree_.campaign().state / "seen-files";
  const std::string sound = test::read_file(file);
  for (std::size_t at = 0; at < sound.size(); at += 29) {
    std::string damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    test::write_file(file, damaged);
    SeenFiles loaded = SeenFiles::load(real_disk(), tree_.campaign());
    scan_with(loaded);
    EXPECT_GT(disk_.opened, 100U) << at;
  }
}

// What is seen are facts about files, which a seed or a cosmology does not change; what is expected of a file is one, too.
TEST_F(SeenFilesTest, AnotherConfigurationOpensOnlyThoseOfWhichItExpectsSomethingElse) {
  const fs::path file = tree_ / "campaign.yaml";
  learned().save(real_disk(), tree_.campaign());
  const auto opened_with = [&](const std::vector<std::string>& overrides) {
    const Campaign other = load_campaign(file, overrides);
    SeenFiles seen = SeenFiles::load(real_disk(), other);
    SilentProgress silent;
    disk_.opened = 0;
    scan(other, disk_, Tier::header, {}, {}, silent, nullptr, &seen);
    return disk_.opened;
  };
  const std::size_t always = opened_with({});
  EXPECT_LE(always, kMarkers);
  EXPECT_EQ(opened_with({"raytracing.seed=7", "cosmology.omega_m=0.3", "raytracing.field_deg=4.0"}), always);
  EXPECT_EQ(opened_with({"lensplanes.grid=16"}), always + 36 + 36) << "planes and potentials";
  EXPECT_EQ(opened_with({"raytracing.grid=8"}), always + 18 * 4) << "maps";
}

}  // namespace
}  // namespace lenswright
