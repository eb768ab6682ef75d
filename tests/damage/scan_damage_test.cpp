// Truncation at every offset, flipped bits, folders and roots that cannot be looked at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <iostream>
#include <random>
#include <set>

#include "base/error.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::HasSubstr;
namespace fs = std::filesystem;

// Flips per kind of file; the seed is printed, so that a failure can be repeated.
constexpr int kFlips = 150;

const std::vector<ProductId> kOneOfEach{{ProductKind::mass_plane, 1, 0, 3},
                                        {ProductKind::potential, 2, 1, 4},
                                        {ProductKind::geometry, 0, 1, 0},
                                        {ProductKind::run, 2, 0, 2}};

SmallTree tree_of_all_formats() {
  return SmallTree(SmallTree::Filled::whole, {"raytracing.formats=[dat, fits, hdf5]"});
}

// Refuses to list one folder, as one without permission does.
class ClosedFolderDisk final : public Disk {
 public:
  using Path = fs::path;
  explicit ClosedFolderDisk(Path closed) : closed_(std::move(closed)) {}
  std::optional<FileStatus> status(const Path& path) override { return disk_.status(path); }
  std::vector<DirectoryEntry> list(const Path& folder) override {
    if (folder == closed_) throw IoError(folder, "read the folder", EACCES);
    return disk_.list(folder);
  }
  std::unique_ptr<ReadableFile> open(const Path& path) override {
    if (path == closed_) throw IoError(path, "open", EIO);
    return disk_.open(path);
  }
  std::unique_ptr<WritableFile> create(const Path& path) override { return disk_.create(path); }
  void rename(const Path& from, const Path& to) override { disk_.rename(from, to); }
  bool rename_if_absent(const Path& from, const Path& to) override {
    return disk_.rename_if_absent(from, to);
  }
  std::optional<FileStatus> entry_status(const Path& path) override { return disk_.entry_status(path); }
  bool exchange(const Path& one, const Path& other) override { return disk_.exchange(one, other); }
  bool link_if_absent(const Path& from, const Path& to) override { return disk_.link_if_absent(from, to); }
  void touch(const Path& path) override { disk_.touch(path); }
  void remove(const Path& path) override { disk_.remove(path); }
  std::vector<Path> make_directories(const Path& folder) override { return disk_.make_directories(folder); }
  void sync_directory(const Path& folder) override { disk_.sync_directory(folder); }
  DiskSpace space(const Path& path) override { return disk_.space(path); }

 private:
  Disk& disk_ = real_disk();
  Path closed_;
};

TEST(ScanDamage, TruncationAtAnyOffsetIsNeverComplete) {
  const SmallTree tree = tree_of_all_formats();
  for (const ProductId& id : kOneOfEach)
    for (const fs::path& file : tree.files(id)) {
      const std::string bytes = test::read_file(file);
      const bool fixed_size = file.extension() == ".dat";
      for (std::size_t size = 0; size<bytes.size(); size += bytes.size()> 4000 ? 61 : 1) {
        test::write_file(file, bytes.substr(0, size));
        const Finding finding = tree.checked(id, Tier::header);
        EXPECT_NE(finding.state, State::complete) << file << " cut to " << size;
        if (fixed_size) {
          EXPECT_EQ(finding.state, State::truncated) << file << " cut to " << size;
        }
      }
      test::write_file(file, bytes);
      EXPECT_EQ(tree.checked(id, Tier::full).state, State::complete);
    }
}

TEST(ScanDamage, AnyFlippedBitOfAProductWithAReceiptIsFound) {
  const SmallTree tree = tree_of_all_formats();
  const ReceiptIndex receipts = tree.receipts();
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (const ProductId& id : kOneOfEach)
    for (const fs::path& file : tree.files(id)) {
      const std::string bytes = test::read_file(file);
      for (int flip = 0; flip < kFlips; ++flip) {
        const std::uint64_t bit = random() % (8 * bytes.size());
        test::flip_bit(file, bit);
        const Finding finding = tree.checked(id, Tier::full, receipts);
        EXPECT_NE(finding.state, State::complete) << file << " bit " << bit;
        EXPECT_NE(finding.state, State::unknown) << file << " bit " << bit;
        EXPECT_EQ(finding.path, file.string());
        test::flip_bit(file, bit);
      }
      EXPECT_EQ(tree.checked(id, Tier::full, receipts).state, State::complete);
    }
}

TEST(ScanDamage, AnyFlippedBitOfTheMarkersIsFoundAtTierHeader) {
  const SmallTree tree;
  for (const ProductId& id : kOneOfEach) {
    if (id.kind == ProductKind::geometry) continue;
    const fs::path file = tree.file(id);
    const std::uint64_t bits = 8 * fs::file_size(file);
    for (std::uint64_t k = 0; k < 64; ++k) {
      const std::uint64_t bit = k < 32 ? k : bits - 64 + k;
      test::flip_bit(file, bit);
      EXPECT_EQ(tree.checked(id, Tier::header).state, State::corrupt) << file << " bit " << bit;
      test::flip_bit(file, bit);
    }
  }
}

TEST(ScanDamage, FlippedCountsOfGeometryAreFoundAtTierHeader) {
  const SmallTree tree;
  const ProductId id{ProductKind::geometry, 0, 1, 0};
  for (std::uint64_t bit = 0; bit < 64; ++bit) {
    test::flip_bit(tree.file(id), bit);
    EXPECT_EQ(tree.checked(id, Tier::header).state, State::corrupt) << "bit " << bit;
    test::flip_bit(tree.file(id), bit);
  }
}

TEST(ScanDamage, ForeignBytesInAMapsPlaceAreCorrupt) {
  const SmallTree tree = tree_of_all_formats();
  const ProductId id{ProductKind::run, 2, 0, 2};
  for (const fs::path& file : tree.files(id)) {
    if (file.extension() == ".dat") continue;
    const std::string bytes = test::read_file(file);
    test::write_file(file, std::string(bytes.size(), '\0'));
    EXPECT_EQ(tree.checked(id, Tier::header).state, State::corrupt) << file;
    test::write_file(file, bytes);
  }
}

TEST(ScanDamage, UnreadableFolderIsUnknownNotMissing) {
  const SmallTree tree;
  const fs::path closed = tree.campaign().lensplanes.root / "hydro/LP_01";
  ClosedFolderDisk disk(closed);
  const ScanResult result = tree.scanned(Tier::header, {}, {}, disk);
  for (const ProductId& id : tree.all()) {
    const bool below = id.kind == ProductKind::mass_plane && id.model == 1 && id.realization == 1;
    EXPECT_EQ(result.state(id), below ? State::unknown : State::complete);
  }
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].state, State::unknown);
  EXPECT_EQ(result.findings[0].path, closed.string());
  EXPECT_FALSE(result.findings[0].product);
}

TEST(ScanDamage, UnreadableFileIsUnknown) {
  const SmallTree tree;
  const ProductId id{ProductKind::mass_plane, 1, 0, 3};
  ClosedFolderDisk disk(tree.file(id));
  EXPECT_EQ(tree.scanned(Tier::header, {}, {}, disk).state(id), State::unknown);
  EXPECT_EQ(check_product(tree.campaign(), disk, id, Tier::header, {}).state, State::unknown);
}

TEST(ScanDamage, FileOrLinkInAFoldersPlaceMakesWhatIsBelowUnknown) {
  const SmallTree tree;
  const fs::path root = tree.campaign().raytracing.root;
  fs::remove_all(root / "dmo/LP_00");
  test::write_file(root / "dmo/LP_00", "no folder");
  fs::rename(root / "hydro", tree / "hydro");
  fs::create_directory_symlink(tree / "hydro", root / "hydro");
  const ScanResult result = tree.scanned(Tier::header);
  for (const ProductId& id : tree.all()) {
    const bool below =
        id.kind == ProductKind::run && ((id.model == 0 && id.realization == 0) || id.model == 1);
    EXPECT_EQ(result.state(id), below ? State::unknown : State::complete);
  }
  EXPECT_EQ(result.findings.size(), 2U);
}

TEST(ScanDamage, EmptiedRootIsUnknownAsAWhole) {
  const SmallTree tree;
  fs::remove_all(tree.campaign().lensplanes.root);
  fs::create_directories(tree.campaign().lensplanes.root);
  const ScanResult result = tree.scanned(Tier::header);
  for (const ProductId& id : tree.all())
    EXPECT_EQ(result.state(id), id.kind == ProductKind::mass_plane ? State::unknown : State::complete);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_THAT(result.findings[0].because, HasSubstr("not mounted"));
  const Finding finding = tree.checked({ProductKind::mass_plane, 0, 0, 0}, Tier::header);
  EXPECT_EQ(finding.state, State::unknown);
  EXPECT_THAT(finding.because, HasSubstr("not mounted"));
}

TEST(ScanDamage, AbsentRootIsUnknownAsAWhole) {
  const SmallTree tree;
  fs::remove_all(tree.campaign().lux.root);
  const ScanResult result = tree.scanned(Tier::quick);
  EXPECT_EQ(result.state({ProductKind::potential, 0, 0, 1}), State::unknown);
  EXPECT_EQ(result.state({ProductKind::geometry, 0, 0, 0}), State::unknown);
  EXPECT_EQ(result.findings.size(), 1U);
}

TEST(ScanDamage, RootOfAnotherCampaignIsUnknownAsAWhole) {
  const SmallTree tree;
  const SmallTree other(SmallTree::Filled::empty,
                        {"campaign=another", "lux.root=" + tree.campaign().lux.root.string()});
  const ScanResult result = other.scanned(Tier::header, {.stages = {Stage::lux}});
  EXPECT_EQ(result.state({ProductKind::potential, 0, 0, 1}), State::unknown);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_THAT(result.findings[0].because, HasSubstr("small-tree"));
}

}  // namespace
}  // namespace lenswright
