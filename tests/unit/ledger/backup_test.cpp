#include "ledger/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "fault_walk.hpp"
#include "io/folder_tree.hpp"
#include "ledger/receipt_index.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

SilentProgress silent;

// With receipts of all products, a plan and a submission.
class BackedUp : public SmallTree {
 public:
  BackedUp() : SmallTree(Filled::whole, {"models=[dmo]", "realizations=1"}) {
    for (const Stage stage : stages_of(campaign())) write_receipt(real_disk(), campaign(), receipt(stage));
    fs::create_directories(state() / "plans/one");
    test::write_file(state() / "plans/one/plan.json", "{}");
    fs::create_directories(state() / "submissions");
    test::write_file(state() / "submissions/1.json", "job 1");
  }
  fs::path state() const { return campaign().state; }
  BackupManifest back_up(const std::string& name = "") const {
    return create_backup(real_disk(), campaign(), name, "test", silent);
  }
  std::vector<std::string> wrong(const BackupManifest& backup) const {
    return verify_backup(real_disk(), campaign(), backup, silent);
  }
  BackupRestored restore(const BackupManifest& backup, bool clear_first = false) const {
    return restore_backup(real_disk(), campaign(), backup, clear_first, silent);
  }
  // All that tells about the products, but for the backups.
  std::map<std::string, std::string> records() const {
    std::map<std::string, std::string> found;
    for (const TreeFile& file : files_below(real_disk(), state()))
      if (!file.path.starts_with("backups/")) found[file.path] = test::read_file(state() / file.path);
    return found;
  }
};

std::vector<std::string> paths(const BackupManifest& backup) {
  std::vector<std::string> names;
  for (const BackupFile& file : backup.files) names.push_back(file.path);
  return names;
}

TEST(Backup, HoldsWhatTellsAboutTheProductsAndIsWhole) {
  const BackedUp tree;
  const BackupManifest backup = tree.back_up("first");
  EXPECT_EQ(backup.products, tree.all().size());
  EXPECT_THAT(paths(backup), Contains("campaign.yaml"));
  EXPECT_THAT(paths(backup), Contains("transforms.h5"));
  EXPECT_THAT(paths(backup), Contains("plans/one/plan.json"));
  EXPECT_THAT(paths(backup), Contains("submissions/1.json"));
  EXPECT_THAT(paths(backup), Contains("checksums.xxh128"));
  EXPECT_THAT(tree.wrong(backup), IsEmpty());
  const BackupDifferences now = compare_backup(real_disk(), tree.campaign(), backup);
  EXPECT_THAT(now.gone, IsEmpty());
  EXPECT_THAT(now.changed, IsEmpty());
  EXPECT_THAT(now.added, IsEmpty());
  EXPECT_EQ(find_backup(real_disk(), tree.campaign(), "first").name, backup.name);
  EXPECT_EQ(find_backup(real_disk(), tree.campaign(), "latest").name, backup.name);
  EXPECT_THROW(find_backup(real_disk(), tree.campaign(), "second"), InputError);
}

TEST(Backup, ChecksumListNamesEveryFileOfEveryProduct) {
  const BackedUp tree;
  const std::string list =
      test::read_file(backup_folder(tree.campaign(), tree.back_up().name) / "checksums.xxh128");
  for (const ProductId& id : tree.all())
    for (const ProductFile& file : product_files(tree.campaign(), id))
      EXPECT_THAT(list,
                  HasSubstr("  " + std::string(stage_name(stage_of(id.kind))) + "/" + file.path + "\n"));
}

TEST(Backup, SecondBackupSharesTheReceiptsOfTheFirstNotTheLiveOnes) {
  const BackedUp tree;
  const BackupManifest first = tree.back_up("first");
  const BackupManifest second = tree.back_up("second");
  for (const TreeFile& file : files_below(real_disk(), tree.state() / "receipts")) {
    const auto inode = [&](const fs::path& folder) {
      return real_disk().entry_status(folder / "receipts" / file.path)->inode;
    };
    EXPECT_EQ(inode(backup_folder(tree.campaign(), first.name)),
              inode(backup_folder(tree.campaign(), second.name)));
    EXPECT_NE(inode(tree.state()), inode(backup_folder(tree.campaign(), first.name)));
  }
  EXPECT_THAT(tree.wrong(second), IsEmpty());
}

TEST(Backup, AnyFlippedBitOfItIsNoticed) {
  const BackedUp tree;
  const BackupManifest backup = tree.back_up();
  const fs::path folder = backup_folder(tree.campaign(), backup.name);
  for (const BackupFile& file : backup.files) {
    test::flip_bit(folder / file.path, 8 * file.size / 2);
    EXPECT_THAT(tree.wrong(backup), ElementsAre(HasSubstr(file.path)));
    test::flip_bit(folder / file.path, 8 * file.size / 2);
  }
  test::flip_bit(folder / "manifest.json", 200);
  EXPECT_EQ(list_backups(real_disk(), tree.campaign()).problems.size(), 1U);
  EXPECT_THROW(find_backup(real_disk(), tree.campaign(), backup.name), InputError);
}

TEST(Backup, RestoreAddsWhatIsMissingAndChangesNothingThatIsThere) {
  const BackedUp tree;
  const auto before = tree.records();
  const BackupManifest backup = tree.back_up();
  fs::remove_all(tree.state() / "receipts");
  test::write_file(tree.state() / "plans/one/plan.json", "changed");
  test::write_file(tree.state() / "plans/new.json", "new");
  const BackupRestored done = tree.restore(backup);
  EXPECT_EQ(done.put_back.size(), 3U);
  EXPECT_THAT(done.kept, ElementsAre("plans/one/plan.json"));
  EXPECT_THAT(done.damaged, IsEmpty());
  EXPECT_EQ(test::read_file(tree.state() / "plans/one/plan.json"), "changed");
  EXPECT_EQ(test::read_file(tree.state() / "plans/new.json"), "new");
  EXPECT_EQ(ReceiptIndex::load(real_disk(), tree.campaign()).size(), tree.all().size());
  EXPECT_EQ(tree.restore(backup).put_back.size(), 0U) << "again is nothing";
}

TEST(Backup, ClearFirstGoesBackToItAndCanBeUndone) {
  const BackedUp tree;
  const auto before = tree.records();
  const BackupManifest backup = tree.back_up();
  test::write_file(tree.state() / "plans/one/plan.json", "changed");
  test::write_file(tree.state() / "submissions/2.json", "job 2");
  const auto after = tree.records();
  const BackupRestored done = tree.restore(backup, true);
  EXPECT_EQ(done.cleared, 2U);
  EXPECT_EQ(tree.records(), before);
  tree.restore(find_backup(real_disk(), tree.campaign(), done.safety), true);
  EXPECT_EQ(tree.records(), after);
}

TEST(Backup, ClearFirstWantsAWholeBackup) {
  const BackedUp tree;
  const BackupManifest backup = tree.back_up();
  test::flip_bit(backup_folder(tree.campaign(), backup.name) / "plans/one/plan.json", 3);
  test::write_file(tree.state() / "submissions/2.json", "job 2");
  const auto before = tree.records();
  EXPECT_THROW(tree.restore(backup, true), InputError);
  EXPECT_EQ(tree.records(), before);
}

TEST(Backup, ReceiptArchivedSinceCountsAsThere) {
  const BackedUp tree;
  const BackupManifest backup = tree.back_up();
  fs::create_directories(tree.state() / "receipts/archive");
  for (const TreeFile& file : files_below(real_disk(), tree.state() / "receipts"))
    fs::rename(tree.state() / "receipts" / file.path, tree.state() / "receipts/archive" / file.path);
  EXPECT_THAT(compare_backup(real_disk(), tree.campaign(), backup).gone, IsEmpty());
  EXPECT_THAT(tree.restore(backup).put_back, IsEmpty());
}

TEST(Backup, ManifestWithANameOutOfItsRootRestoresNothingThere) {
  const BackedUp tree;
  BackupManifest backup = tree.back_up();
  const fs::path folder = backup_folder(tree.campaign(), backup.name);
  for (const std::string& path :
       {std::string("plans/../../../outside"), std::string("/etc/x"), std::string("receipts//x"),
        std::string("elsewhere/x"), std::string("plans/a\nb")})
    backup.files.push_back({path, 1, {}});
  const std::size_t wrong = tree.wrong(backup).size();
  EXPECT_GE(wrong, 5U);
  EXPECT_EQ(tree.restore(backup).damaged.size(), 5U);
  EXPECT_FALSE(fs::exists(tree / "outside"));
}

TEST(Backup, NamesAreLettersAndDigits) {
  const BackedUp tree;
  for (const char* name : {"a/b", "..  ", "a b", "\n"}) EXPECT_THROW(tree.back_up(name), InputError) << name;
}

// ---- Every operation fails once, in every way --------------------------------------------------------------

bool is_litter(const std::string& path) {
  return path.find(".tmp-") != std::string::npos;
}

TEST(BackupFaults, CreateLeavesAWholeBackupOrNone) {
  const BackedUp tree;
  const auto before = tree.records();
  const std::size_t strikes = test::strike_everywhere(
      [&] { fs::remove_all(backups_folder(tree.campaign())); },
      [&](Disk& disk) { create_backup(disk, tree.campaign(), "faulty", "test", silent); },
      [&](bool) {
        EXPECT_EQ(tree.records(), before);
        const BackupListing listing = list_backups(real_disk(), tree.campaign());
        EXPECT_THAT(listing.problems, IsEmpty());
        for (const BackupManifest& backup : listing.backups) EXPECT_THAT(tree.wrong(backup), IsEmpty());
      });
  EXPECT_GT(strikes, 150U);
}

TEST(BackupFaults, RestoreIsFinishedByTheNextOne) {
  const BackedUp tree;
  const auto before = tree.records();
  const BackupManifest backup = tree.back_up();
  const std::size_t strikes = test::strike_everywhere(
      [&] {
        fs::remove_all(tree.state() / "receipts");
        fs::remove_all(tree.state() / "plans");
      },
      [&](Disk& disk) { restore_backup(disk, tree.campaign(), backup, false, silent); },
      [&](bool) {
        restore_backup(test::quick_disk(), tree.campaign(), backup, false, silent);
        auto after = tree.records();
        std::erase_if(after, [](const auto& file) { return is_litter(file.first); });
        EXPECT_EQ(after, before);
        EXPECT_THAT(tree.wrong(backup), IsEmpty());
      });
  EXPECT_GT(strikes, 100U);
}

TEST(BackupFaults, ClearFirstLosesNothingWhereverItEnds) {
  const BackedUp tree;
  const BackupManifest backup = tree.back_up();
  const auto before = tree.records();
  std::map<std::string, std::string> present;
  const std::size_t strikes = test::strike_everywhere(
      [&] {
        for (const BackupManifest& safety : list_backups(real_disk(), tree.campaign()).backups)
          if (safety.name != backup.name) fs::remove_all(backup_folder(tree.campaign(), safety.name));
        test::write_file(tree.state() / "submissions/2.json", "job 2");
        present = tree.records();
      },
      [&](Disk& disk) { restore_backup(disk, tree.campaign(), backup, true, silent); },
      [&](bool) {
        // All of the present is there still, or in a whole backup.
        const auto after = tree.records();
        for (const auto& [path, bytes] : present) {
          bool found = after.contains(path) && after.at(path) == bytes;
          for (const BackupManifest& safety : list_backups(real_disk(), tree.campaign()).backups) {
            const fs::path copy = backup_folder(tree.campaign(), safety.name) / path;
            found = found || (fs::exists(copy) && test::read_file(copy) == bytes);
          }
          EXPECT_TRUE(found) << path;
        }
        restore_backup(test::quick_disk(), tree.campaign(), backup, true, silent);
        auto restored = tree.records();
        std::erase_if(restored, [](const auto& file) { return is_litter(file.first); });
        EXPECT_EQ(restored, before);
      },
      2);
  EXPECT_GT(strikes, 100U);
}

}  // namespace
}  // namespace lenswright
