// Who made what is there: products without a record, adopted ones, other numerics; sets of more than one.
#include "ledger/producers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_tree.hpp"

namespace lenswright {
namespace {

class ProducersOfATree : public testing::Test {
 protected:
  test::SmallTree tree_{test::SmallTree::Filled::whole};
  const Campaign& campaign_ = tree_.campaign();
  ReceiptIndex receipts_;

  // The receipt of a stage, without some products, by a producer.
  void add(Stage stage, int numerics, const std::function<bool(const ProductId&)>& of) {
    Receipt receipt = tree_.receipt(stage);
    receipt.numerics = numerics;
    std::erase_if(receipt.products, [&](const ProductRecord& record) {
      return !of(*product_named(campaign_, record.product));
    });
    receipts_.add(receipt);
  }
  Producers found() const {
    return find_producers(campaign_, tree_.scanned(Tier::header, {}, receipts_), receipts_, {});
  }
};

TEST_F(ProducersOfATree, WithoutRecordsAllIsUnverifiedAndNothingMixed) {
  const Producers producers = found();
  EXPECT_EQ(producers.unverified[0], 36);
  EXPECT_EQ(producers.unverified[2], 6);
  EXPECT_TRUE(producers.mixed.empty());
}

TEST_F(ProducersOfATree, PlanesMadeAgainBesideUnverifiedOnesAreAMixture) {
  add(Stage::lensplanes, 1, [](const ProductId& id) { return id.realization == 1 && id.model == 0; });
  add(Stage::raytracing, 1, [](const ProductId& id) { return id.model != 2 || id.index > 1; });
  add(Stage::raytracing, 0, [](const ProductId& id) { return id.model == 2 && id.index == 1; });
  const Producers producers = found();
  EXPECT_EQ(producers.unverified[0], 30);
  EXPECT_EQ(producers.adopted[static_cast<std::size_t>(ProductKind::run)], 2);
  ASSERT_EQ(producers.mixed.size(), 2u);
  EXPECT_EQ(describe(producers.mixed[0]),
            "mass planes of 1 realization (first: LP_01): 6 of this project (numerics 1), 12 unverified");
  EXPECT_EQ(producers.mixed[1].example, campaign_.models[2].name);
  EXPECT_EQ(producers.mixed[1].producers.size(), 2u);
}

TEST_F(ProducersOfATree, OneProjectAtTwoNumericsIsAMixture) {
  add(Stage::raytracing, 1, [](const ProductId& id) { return id.index > 1; });
  add(Stage::raytracing, 2, [](const ProductId& id) { return id.index == 1; });
  const Producers producers = found();
  ASSERT_EQ(producers.mixed.size(), 1u);
  EXPECT_EQ(producers.mixed[0].sets, 3);
  EXPECT_THAT(describe(producers.mixed[0]), testing::HasSubstr("6 of this project (numerics 2), 12 of this"));
}

TEST_F(ProducersOfATree, PlanIsHeldAgainstWhatItWouldBeMixedWith) {
  const ProductId plane{ProductKind::mass_plane, 0, 1, 0};
  const ScanResult whole = tree_.scanned(Tier::header, {}, receipts_);
  EXPECT_EQ(mixed_by(campaign_, whole, receipts_, {plane}).size(), 1u) << "the others are unverified";
  add(Stage::lensplanes, numerics_version(Stage::lensplanes), [](const ProductId&) { return true; });
  EXPECT_TRUE(mixed_by(campaign_, whole, receipts_, {plane}).empty());
  EXPECT_TRUE(mixed_by(campaign_, whole, receipts_, {}).empty());
}

}  // namespace
}  // namespace lenswright
