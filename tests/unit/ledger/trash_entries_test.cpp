#include "ledger/trash_entries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "fault_walk.hpp"
#include "ledger/actor.hpp"
#include "ledger/sealed_json.hpp"
#include "ledger/trash.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::FaultyDisk;
using test::SmallTree;
namespace fs = std::filesystem;

const std::string kPlane = "dmo/LP_00/lenspot03.dat";
SilentProgress silent;

SmallTree one_model() {
  return SmallTree(SmallTree::Filled::whole, {"models=[dmo]", "realizations=1"});
}
fs::path plane(const SmallTree& tree) {
  return tree.campaign().lensplanes.root / kPlane;
}
fs::path trash(const SmallTree& tree, const std::string& why = "test") {
  return move_to_trash(real_disk(), tree.campaign(), Stage::lensplanes, kPlane, why);
}
std::vector<TrashEntry> held(const SmallTree& tree) {
  std::vector<TrashEntry> entries = list_trash(real_disk(), tree.campaign()).entries;
  std::erase_if(entries, [](const TrashEntry& entry) { return !entry.held; });
  return entries;
}

TEST(TrashEntries, ListTellsWhatWhenWhyAndByWhom) {
  const SmallTree tree = one_model();
  const auto size = fs::file_size(plane(tree));
  trash(tree, "12 bytes long");
  const TrashListing listing = list_trash(real_disk(), tree.campaign());
  ASSERT_EQ(listing.entries.size(), 1U);
  const TrashEntry& entry = listing.entries[0];
  EXPECT_TRUE(entry.held);
  EXPECT_EQ(entry.path, kPlane);
  EXPECT_EQ(entry.why, "12 bytes long");
  EXPECT_EQ(entry.who, acting_user());
  EXPECT_EQ(entry.bytes, size);
  EXPECT_EQ(entry.files, 1U);
  EXPECT_LT(hours_between(entry.when, utc_now()), 1.0);
  EXPECT_TRUE(listing.problems.empty());
}

TEST(TrashEntries, WhatIsPutBackHasItsBytesAndLeavesNothingBehind) {
  const SmallTree tree = one_model();
  const std::string bytes = test::read_file(plane(tree));
  trash(tree);
  const Restored restored = restore_from_trash(real_disk(), tree.campaign(), held(tree).at(0), false);
  EXPECT_EQ(restored.path, plane(tree));
  EXPECT_EQ(test::read_file(plane(tree)), bytes);
  EXPECT_TRUE(list_trash(real_disk(), tree.campaign()).entries.empty());
  EXPECT_TRUE(fs::is_empty(tree.campaign().lensplanes.root / ".trash"));
}

TEST(TrashEntries, ARunComesBackAsAWhole) {
  const SmallTree tree = one_model();
  const ProductId run{ProductKind::run, 0, 0, 2};
  move_to_trash(real_disk(), tree.campaign(), Stage::raytracing, relative_path(tree.campaign(), run), "test");
  EXPECT_EQ(tree.checked(run, Tier::header).state, State::missing);
  EXPECT_EQ(held(tree).at(0).files, 4U);
  restore_from_trash(real_disk(), tree.campaign(), held(tree).at(0), false);
  EXPECT_EQ(tree.checked(run, Tier::header).state, State::complete);
}

TEST(TrashEntries, NothingIsOverwrittenWithoutSwap) {
  const SmallTree tree = one_model();
  trash(tree);
  test::write_file(plane(tree), "the present one");
  EXPECT_THROW(restore_from_trash(real_disk(), tree.campaign(), held(tree).at(0), false), InputError);
  EXPECT_EQ(test::read_file(plane(tree)), "the present one");
  EXPECT_EQ(held(tree).size(), 1U);
}

TEST(TrashEntries, SwapPutsTheOneBackAndKeepsTheOther) {
  for (const bool can_exchange : {true, false}) {
    const SmallTree tree = one_model();
    const std::string bytes = test::read_file(plane(tree));
    trash(tree);
    test::write_file(plane(tree), "the present one");
    FaultyDisk disk(real_disk());
    disk.can_exchange = can_exchange;
    const Restored restored = restore_from_trash(disk, tree.campaign(), held(tree).at(0), true);
    EXPECT_EQ(test::read_file(plane(tree)), bytes);
    ASSERT_EQ(held(tree).size(), 1U);
    EXPECT_EQ(held(tree)[0].entry, restored.made_room);
    EXPECT_EQ(test::read_file(trashed_path(tree.campaign(), held(tree)[0])), "the present one");
    EXPECT_TRUE(finish_trash(real_disk(), tree.campaign()).empty());
    // And back again.
    restore_from_trash(disk, tree.campaign(), held(tree)[0], true);
    EXPECT_EQ(test::read_file(plane(tree)), "the present one");
    EXPECT_EQ(test::read_file(trashed_path(tree.campaign(), held(tree).at(0))), bytes);
  }
}

TEST(TrashEntries, OnlyWhatIsOlderThanTheWindowIsPurged) {
  const SmallTree tree = one_model();
  trash(tree);
  const std::vector<TrashEntry> entries = held(tree);
  const std::string now = utc_now();
  EXPECT_TRUE(older_than(entries, 24, now).empty());
  EXPECT_EQ(older_than(entries, 24, "2999-01-01T00:00:00.000Z").size(), 1U);
  EXPECT_TRUE(older_than(entries, 24, "1999-01-01T00:00:00.000Z").empty()) << "a clock that went back";
  TrashEntry timeless = entries[0];
  timeless.when = "";
  EXPECT_TRUE(older_than({timeless}, 24, "2999-01-01T00:00:00.000Z").empty());

  purge_trash(real_disk(), tree.campaign(), entries, silent);
  EXPECT_TRUE(list_trash(real_disk(), tree.campaign()).entries.empty());
  EXPECT_TRUE(fs::is_empty(tree.campaign().lensplanes.root / ".trash"));
  EXPECT_EQ(
      std::distance(fs::directory_iterator(tree.campaign().state / "trash/done"), fs::directory_iterator()),
      1);
}

TEST(TrashEntries, WithoutItsRecordAnEntryIsFoundAndComesBack) {
  const SmallTree tree = one_model();
  const ProductId run{ProductKind::run, 0, 0, 2};
  const std::string bytes = test::read_file(plane(tree));
  trash(tree);
  move_to_trash(real_disk(), tree.campaign(), Stage::raytracing, relative_path(tree.campaign(), run), "test");
  fs::remove_all(tree.campaign().state / "trash");
  const std::vector<TrashEntry> entries = held(tree);
  ASSERT_EQ(entries.size(), 2U);
  for (const TrashEntry& entry : entries) {
    EXPECT_FALSE(entry.recorded);
    EXPECT_FALSE(entry.when.empty());
    restore_from_trash(real_disk(), tree.campaign(), entry, false);
  }
  EXPECT_EQ(test::read_file(plane(tree)), bytes);
  EXPECT_EQ(tree.checked(run, Tier::full).state, State::complete);
}

TEST(TrashEntries, DamagedOrForeignRecordIsAProblemAndNothingIsLost) {
  const SmallTree tree = one_model();
  trash(tree);
  const fs::path record = tree.campaign().state / "trash" / (held(tree).at(0).entry + ".json");
  test::flip_bit(record, 100);
  const TrashListing listing = list_trash(real_disk(), tree.campaign());
  EXPECT_EQ(listing.problems.size(), 1U);
  ASSERT_EQ(listing.entries.size(), 1U) << "what lies in the trash tells of itself";
  EXPECT_EQ(listing.entries[0].path, kPlane);
}

TEST(TrashEntries, RecordWithAPathOutOfTheRootIsAProblem) {
  const SmallTree tree = one_model();
  const std::string entry = "20260131T123456.789Z-00000001";
  fs::create_directories(tree.campaign().state / "trash");
  for (const std::string& path :
       {std::string("../../outside"), std::string("/etc/passwd"), std::string("a\nb")}) {
    test::write_file(tree.campaign().state / "trash" / (entry + ".json"),
                     seal_json({{"schema", 1},
                                {"campaign", tree.campaign().name},
                                {"stage", "lensplanes"},
                                {"path", path},
                                {"entry", entry},
                                {"when", utc_now()},
                                {"why", "test"},
                                {"who", "test"}}));
    const TrashListing listing = list_trash(real_disk(), tree.campaign());
    EXPECT_TRUE(listing.entries.empty());
    EXPECT_EQ(listing.problems.size(), 1U);
  }
}

TEST(TrashEntries, PurgeDoesNotFollowLinks) {
  const SmallTree tree = one_model();
  fs::create_directories(tree / "outside");
  test::write_file(tree / "outside/file", "mine");
  const fs::path run = absolute_path(tree.campaign(), {ProductKind::run, 0, 0, 2});
  fs::create_directory_symlink(tree / "outside", run / "link");
  move_to_trash(real_disk(), tree.campaign(), Stage::raytracing, "dmo/LP_00/run002", "test");
  purge_trash(real_disk(), tree.campaign(), held(tree), silent);
  EXPECT_EQ(test::read_file(tree / "outside/file"), "mine");
  EXPECT_TRUE(fs::is_empty(tree.campaign().raytracing.root / ".trash"));
}

// ---- Every operation fails once, in every way --------------------------------------------------------------

// The one tree of a test, as it was, with its plane and runs back in place.
void tidy(const SmallTree& tree) {
  fs::remove_all(tree.campaign().state / "trash");
  fs::remove_all(tree.campaign().lensplanes.root / kTrashFolder);
  fs::remove_all(tree.campaign().raytracing.root / kTrashFolder);
  tree.write({ProductKind::mass_plane, 0, 0, 3});
  tree.write({ProductKind::run, 0, 0, 2});
}
fs::path trash_quickly(const SmallTree& tree) {
  return move_to_trash(test::quick_disk(), tree.campaign(), Stage::lensplanes, kPlane, "test");
}

// How often `bytes` lies in its place or in the trash, by way of the records.
std::size_t copies(const SmallTree& tree, const std::string& bytes) {
  std::size_t found = fs::exists(plane(tree)) && test::read_file(plane(tree)) == bytes ? 1 : 0;
  for (const TrashEntry& entry : held(tree))
    found += test::read_file(trashed_path(tree.campaign(), entry)) == bytes ? 1 : 0;
  return found;
}

TEST(TrashFaults, MoveAside) {
  const SmallTree tree = one_model();
  const std::string bytes = test::read_file(plane(tree));
  const std::size_t strikes = test::strike_everywhere(
      [&] { tidy(tree); },
      [&](Disk& disk) { move_to_trash(disk, tree.campaign(), Stage::lensplanes, kPlane, "test"); },
      [&](bool) { EXPECT_EQ(copies(tree, bytes), 1U); });
  EXPECT_GT(strikes, 50U);
}

TEST(TrashFaults, Restore) {
  const SmallTree tree = one_model();
  const std::string bytes = test::read_file(plane(tree));
  const std::size_t strikes = test::strike_everywhere(
      [&] {
        tidy(tree);
        trash_quickly(tree);
      },
      [&](Disk& disk) { restore_from_trash(disk, tree.campaign(), held(tree).at(0), false); },
      [&](bool) {
        finish_trash(test::quick_disk(), tree.campaign());
        EXPECT_EQ(copies(tree, bytes), 1U);
        for (const TrashEntry& entry : held(tree))
          restore_from_trash(test::quick_disk(), tree.campaign(), entry, false);
        EXPECT_EQ(test::read_file(plane(tree)), bytes);
        EXPECT_TRUE(held(tree).empty());
      });
  EXPECT_GT(strikes, 30U);
}

void strike_swap(bool can_exchange) {
  const SmallTree tree = one_model();
  const std::string bytes = test::read_file(plane(tree));
  const std::size_t strikes = test::strike_everywhere(
      [&] {
        tidy(tree);
        trash_quickly(tree);
        test::write_file(plane(tree), "the present one");
      },
      [&](FaultyDisk& disk) {
        disk.can_exchange = can_exchange;
        restore_from_trash(disk, tree.campaign(), held(tree).at(0), true);
      },
      [&](bool ended) {
        if (can_exchange) {
          EXPECT_TRUE(fs::exists(plane(tree))) << "one of the two is there at every moment";
        }
        finish_trash(test::quick_disk(), tree.campaign());
        EXPECT_TRUE(finish_trash(test::quick_disk(), tree.campaign()).empty()) << "finished is finished";
        EXPECT_EQ(copies(tree, bytes), 1U);
        EXPECT_EQ(copies(tree, "the present one"), 1U);
        ASSERT_TRUE(fs::exists(plane(tree)));
        if (ended) {
          EXPECT_EQ(test::read_file(plane(tree)), bytes);
        }
        ASSERT_EQ(held(tree).size(), 1U);
        if (test::read_file(plane(tree)) != bytes) {  // given up: again
          restore_from_trash(test::quick_disk(), tree.campaign(), held(tree).at(0), true);
        }
        EXPECT_EQ(test::read_file(plane(tree)), bytes);
        EXPECT_EQ(test::read_file(trashed_path(tree.campaign(), held(tree).at(0))), "the present one");
      });
  EXPECT_GT(strikes, 90U);
}

TEST(TrashFaults, SwapInOneStep) {
  strike_swap(true);
}

TEST(TrashFaults, SwapOneAfterTheOther) {
  strike_swap(false);
}

TEST(TrashFaults, Purge) {
  const SmallTree tree = one_model();
  const std::size_t strikes = test::strike_everywhere(
      [&] {
        tidy(tree);
        move_to_trash(test::quick_disk(), tree.campaign(), Stage::raytracing, "dmo/LP_00/run002", "test");
      },
      [&](Disk& disk) { purge_trash(disk, tree.campaign(), held(tree), silent); },
      [&](bool) {
        // What is half gone is never offered: either all four maps, or none.
        for (const TrashEntry& entry : held(tree)) EXPECT_EQ(entry.files, 4U);
        finish_trash(test::quick_disk(), tree.campaign());
        purge_trash(test::quick_disk(), tree.campaign(), list_trash(real_disk(), tree.campaign()).entries,
                    silent);
        EXPECT_TRUE(list_trash(real_disk(), tree.campaign()).entries.empty());
        EXPECT_TRUE(fs::is_empty(tree.campaign().raytracing.root / ".trash"));
      });
  EXPECT_GT(strikes, 50U);
}

}  // namespace
}  // namespace lenswright
