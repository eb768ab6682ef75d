#include "ledger/adopt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "fault_walk.hpp"
#include "ledger/receipt_index.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::HasSubstr;
namespace fs = std::filesystem;
using What = AdoptDecision::What;

SilentProgress silent;

struct Adopted {
  AdoptCounts counts;
  std::map<std::string, AdoptDecision> decisions;
  const AdoptDecision& of(const std::string& name) const { return decisions.at(name); }
};

Adopted adopt_into(const SmallTree& tree, AdoptRequest request, Disk& disk = real_disk()) {
  Adopted result;
  result.counts = adopt(
      disk, tree.campaign(), request,
      [&](const AdoptDecision& decision) { result.decisions[decision.name] = decision; }, silent);
  return result;
}

AdoptRequest from(const fs::path& path, std::optional<AdoptWay> way = AdoptWay::copy) {
  return {path, way, false, {}};
}

std::vector<std::string> small() {
  return {"models=[dmo]", "realizations=1"};
}

TEST(Adopt, OrphanedProductsInPlaceGetReceiptsThatSayAdopted) {
  const SmallTree tree;
  EXPECT_EQ(adopt_into(tree, {}).counts.adopted, tree.all().size());
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), tree.campaign());
  EXPECT_EQ(receipts.size(), tree.all().size());
  EXPECT_EQ(tree.scanned(Tier::full, {}, receipts).findings.size(), 0U);
  for (const auto& entry : fs::directory_iterator(receipts_folder(tree.campaign()))) {
    if (!entry.is_regular_file()) continue;
    const Receipt receipt = decode_receipt(entry.path().string(), test::read_file(entry.path()));
    EXPECT_EQ(receipt.notes.at("provenance"), "adopted");
    EXPECT_EQ(receipt.numerics, 0);
    EXPECT_EQ(receipt.code_version, "unknown (adopted)");
  }
  const Adopted again = adopt_into(tree, {});
  EXPECT_EQ(again.counts.adopted, 0U);
  EXPECT_EQ(again.counts.known, tree.all().size());
}

TEST(Adopt, DamagedProductsInPlaceAreRefused) {
  const SmallTree tree(SmallTree::Filled::whole, small());
  const ProductId plane{ProductKind::mass_plane, 0, 0, 2}, run{ProductKind::run, 0, 0, 1};
  test::cut(tree.file(plane), 100);
  fs::remove(tree.files(run)[1]);
  const Adopted result = adopt_into(tree, {});
  EXPECT_EQ(result.counts.refused, 2U);
  EXPECT_THAT(result.of(product_name(tree.campaign(), plane)).because, HasSubstr("truncated"));
  EXPECT_THAT(result.of(product_name(tree.campaign(), run)).because, HasSubstr("nowhere"));
}

TEST(Adopt, AnotherTreesProductsComeByCopyOrLink) {
  for (const AdoptWay way : {AdoptWay::copy, AdoptWay::link}) {
    const SmallTree theirs(SmallTree::Filled::whole, small());
    const SmallTree ours(SmallTree::Filled::whole, small());
    for (const ProductId& id : ours.all()) ours.remove(id);
    fs::remove(ours.campaign().lensplanes.root / kTransformsFile);
    const Adopted result = adopt_into(ours, from(theirs / "", way));
    EXPECT_EQ(result.counts.adopted, ours.all().size());
    EXPECT_EQ(result.counts.refused, 0U);
    const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), ours.campaign());
    EXPECT_TRUE(ours.scanned(Tier::full, {}, receipts).findings.empty()) << "transforms.h5 came along";
    const ProductId plane{ProductKind::mass_plane, 0, 0, 2};
    EXPECT_EQ(fs::equivalent(ours.file(plane), theirs.file(plane)), way == AdoptWay::link);
    EXPECT_EQ(test::read_file(ours.file(plane)), test::read_file(theirs.file(plane)));
  }
}

TEST(Adopt, ATreeMayBeginAnywhereOnTheWay) {
  const SmallTree theirs(SmallTree::Filled::whole, small());
  for (const char* part : {"LP", "LP/dmo", "LP/dmo/LP_00", "LP/dmo/LP_00/lenspot02.dat"}) {
    const SmallTree ours(SmallTree::Filled::whole, small());
    const ProductId plane{ProductKind::mass_plane, 0, 0, 2};
    ours.remove(plane);
    const Adopted result = adopt_into(ours, from(theirs / part));
    EXPECT_EQ(result.of(product_name(ours.campaign(), plane)).what, What::adopted) << part;
  }
}

TEST(Adopt, WithoutCopyOrLinkNothingIsBrought) {
  const SmallTree theirs(SmallTree::Filled::whole, small()), ours(SmallTree::Filled::whole, small());
  for (const ProductId& id : ours.all()) ours.remove(id);
  const Adopted result = adopt_into(ours, from(theirs / "", std::nullopt));
  EXPECT_EQ(result.counts.adopted, 0U);
  EXPECT_EQ(result.counts.refused, ours.all().size());
}

TEST(Adopt, DryRunDoesNothing) {
  const SmallTree theirs(SmallTree::Filled::whole, small()), ours(SmallTree::Filled::whole, small());
  for (const ProductId& id : ours.all()) ours.remove(id);
  AdoptRequest request = from(theirs / "");
  request.dry_run = true;
  EXPECT_EQ(adopt_into(ours, request).counts.adopted, ours.all().size());
  for (const ProductId& id : ours.all()) EXPECT_FALSE(fs::exists(ours.file(id)));
  EXPECT_FALSE(fs::exists(receipts_folder(ours.campaign())));
}

TEST(Adopt, NothingIsOverwritten) {
  const SmallTree theirs(SmallTree::Filled::whole, small()), ours(SmallTree::Filled::whole, small());
  const ProductId plane{ProductKind::mass_plane, 0, 0, 2};
  const std::string present = "damaged, or better: who knows";
  test::write_file(ours.file(plane), present);
  const Adopted result = adopt_into(ours, from(theirs / "LP"));
  EXPECT_EQ(result.of(product_name(ours.campaign(), plane)).what, What::refused);
  EXPECT_EQ(test::read_file(ours.file(plane)), present);
}

TEST(Adopt, ProductWithOtherBytesThanItsReceiptTellsOfIsRefused) {
  const SmallTree theirs(SmallTree::Filled::whole, small()), ours(SmallTree::Filled::whole, small());
  const ProductId plane{ProductKind::mass_plane, 0, 0, 2};
  write_receipt(real_disk(), ours.campaign(), ours.receipt(Stage::lensplanes));
  ours.remove(plane);
  test::write_file(theirs.file(plane), test::plane_bytes(8, 1, 7e11));  // sound, and another one
  const Adopted result = adopt_into(ours, from(theirs / "LP"));
  EXPECT_THAT(result.of(product_name(ours.campaign(), plane)).because, HasSubstr("receipt"));
  EXPECT_FALSE(fs::exists(ours.file(plane)));
}

TEST(Adopt, PlanesOfOtherTransformsAreRefused) {
  const SmallTree theirs(SmallTree::Filled::whole,
                         {"models=[dmo]", "realizations=1", "lensplanes.seed=2021"});
  const SmallTree ours(SmallTree::Filled::whole, small());
  for (const ProductId& id : ours.all()) ours.remove(id);
  const Adopted result = adopt_into(ours, from(theirs / ""));
  for (const ProductId& id : ours.all())
    EXPECT_EQ(result.of(product_name(ours.campaign(), id)).what,
              id.kind == ProductKind::mass_plane ? What::refused : What::adopted);
}

TEST(Adopt, LinksForeignFilesAndHiddenOnesAreLeftOut) {
  const SmallTree theirs(SmallTree::Filled::whole, small()), ours(SmallTree::Filled::whole, small());
  const ProductId plane{ProductKind::mass_plane, 0, 0, 2}, other{ProductKind::mass_plane, 0, 0, 3};
  ours.remove(plane);
  ours.remove(other);
  fs::rename(theirs.file(plane), theirs / "moved");
  fs::create_symlink(theirs / "moved", theirs.file(plane));
  fs::create_directories(theirs / ".trash/dmo/LP_00");
  fs::rename(theirs.file(other), theirs / ".trash/dmo/LP_00/lenspot03.dat");
  test::write_file(theirs / "LP/dmo/LP_00/notes.txt", "mine");
  const Adopted result = adopt_into(ours, from(theirs / ""));
  EXPECT_EQ(result.of(product_name(ours.campaign(), plane)).what, What::refused);
  EXPECT_EQ(result.of((theirs / "LP/dmo/LP_00/notes.txt").string()).what, What::no_product);
  EXPECT_FALSE(fs::exists(ours.file(plane)));
  EXPECT_FALSE(fs::exists(ours.file(other)));
}

// Every operation fails once, in every way: what is there is whole, and the next call finishes.
TEST(AdoptFaults, NextCallFinishes) {
  const SmallTree theirs(SmallTree::Filled::whole, small());
  const SmallTree ours(SmallTree::Filled::whole, small());
  Selection planes;
  planes.stages = {Stage::lensplanes};
  const AdoptRequest request{theirs / "LP", AdoptWay::copy, false, planes};
  const std::size_t strikes = test::strike_everywhere(
      [&] {
        for (const ProductId& id : ours.all())
          if (id.kind == ProductKind::mass_plane) ours.remove(id);
        fs::remove_all(ours.campaign().state);
      },
      [&](Disk& disk) { adopt_into(ours, request, disk); },
      [&](bool) {
        for (const ProductId& id : ours.all()) {
          if (id.kind != ProductKind::mass_plane || !fs::exists(ours.file(id))) continue;
          EXPECT_EQ(test::read_file(ours.file(id)), test::read_file(theirs.file(id)));
        }
        EXPECT_EQ(adopt_into(ours, request, test::quick_disk()).counts.refused, 0U);
        const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), ours.campaign());
        EXPECT_EQ(receipts.size(), 6U);
        EXPECT_TRUE(ours.scanned(Tier::full, planes, receipts).findings.empty());
      });
  EXPECT_GT(strikes, 200U);
}

}  // namespace
}  // namespace lenswright
