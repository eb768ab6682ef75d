#include "ledger/released.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fault_walk.hpp"
#include "ledger/trash_entries.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::IsEmpty;
namespace fs = std::filesystem;

SilentProgress silent;

// Four potentials whose runs are there, with a receipt.
class Traced : public SmallTree {
 public:
  Traced() : SmallTree(Filled::whole, {"models=[dmo]", "realizations=1", "snapshots=[96, 80]"}) {
    for (const ProductId& id : all())
      if (id.kind == ProductKind::potential) bytes_[id] = test::read_file(file(id));
  }
  // As before anything was let go.
  void tidy() const {
    fs::remove_all(campaign().state);
    fs::remove_all(campaign().lux.root / ".trash");
    for (const auto& [id, bytes] : bytes_)
      if (!fs::exists(file(id))) write(id);
  }
  std::vector<ProductId> releasable() const {
    const std::vector<ReleaseSet> sets =
        find_releasable(campaign(), scanned(Tier::header, {}, receipts_), receipts_, {}, false);
    return sets.empty() ? std::vector<ProductId>{} : sets.at(0).potentials;
  }
  void release(Disk& disk, bool now) const {
    const std::vector<ProductId> potentials = releasable();
    record_release(disk, campaign(), receipts_, potentials);
    let_go(disk, campaign(), receipts_, potentials, now, silent);
  }
  // Each potential is there with its bytes, or told of as released; and in the trash, if it is to be.
  void expect_all_told_of(bool ended, bool now) const {
    const ScanResult found = scanned(Tier::full, {}, receipts_);
    EXPECT_THAT(found.findings, IsEmpty());
    const ReleasedProducts released = read_released(real_disk(), campaign());
    EXPECT_THAT(released.problems, IsEmpty());
    std::map<std::string, std::string> in_trash;
    for (const TrashEntry& entry : list_trash(real_disk(), campaign()).entries)
      if (entry.held) in_trash["lux/" + entry.path] = test::read_file(trashed_path(campaign(), entry));
    for (const auto& [id, bytes] : bytes_) {
      const std::string name = product_name(campaign(), id);
      EXPECT_EQ(found.state(id), fs::exists(file(id)) ? State::complete : State::released) << name;
      EXPECT_FALSE(ended && fs::exists(file(id))) << name;
      const bool kept = in_trash.contains(name);
      EXPECT_EQ(kept, !now && !fs::exists(file(id))) << name;
      if (kept) {
        EXPECT_EQ(in_trash.at(name), bytes) << name;
      }
    }
  }
  std::size_t potentials() const { return bytes_.size(); }

 private:
  std::map<ProductId, std::string> bytes_;
  const ReceiptIndex receipts_ = receipts();
};

class ReleaseFaults : public testing::TestWithParam<bool> {};

TEST_P(ReleaseFaults, WhatIsGoneIsToldOfAndTheNextCallFinishes) {
  const bool now = GetParam();
  const Traced tree;
  ASSERT_EQ(tree.releasable().size(), tree.potentials());
  const std::size_t strikes =
      test::strike_everywhere([&] { tree.tidy(); }, [&](Disk& disk) { tree.release(disk, now); },
                              [&](bool ended) {
                                tree.expect_all_told_of(ended, now);
                                tree.release(test::quick_disk(), now);
                                tree.expect_all_told_of(true, now);
                              });
  EXPECT_GT(strikes, now ? 60U : 200U);
}

INSTANTIATE_TEST_SUITE_P(Ways, ReleaseFaults, testing::Values(false, true),
                         [](const auto& way) { return way.param ? "AtOnce" : "ToTheTrash"; });

TEST(Released, ARecordOfAnotherCampaignIsNotBelieved) {
  const Traced tree;
  tree.release(real_disk(), true);
  const fs::path record = fs::directory_iterator(released_folder(tree.campaign()))->path();
  Campaign other = tree.campaign();
  other.name = "another";
  EXPECT_THROW(decode_release(other, record, test::read_file(record)), FormatError);
  const ReleasedProducts released = read_released(real_disk(), other);
  EXPECT_EQ(released.problems.size(), 1U);
  EXPECT_THAT(released.names, IsEmpty());
}

}  // namespace
}  // namespace lenswright
