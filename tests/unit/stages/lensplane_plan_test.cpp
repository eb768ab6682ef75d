#include "stages/lensplane_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "reference_campaign.hpp"

namespace lenswright {
namespace {

Campaign campaign_of_34_models() {
  return test::ReferenceCampaign().load();
}

std::multiset<ProductId> products_in(const Campaign& campaign, const std::vector<LensplanePass>& passes) {
  std::multiset<ProductId> products;
  for (const LensplanePass& pass : passes)
    for (const PlaneUnit& unit : pass.units)
      for (const int model : unit.models)
        products.insert({ProductKind::mass_plane, model, unit.realization,
                         pass.snapshot_index * campaign.planes_per_snapshot + unit.slice});
  return products;
}

TEST(LensplanePlan, PlanesHeldAreThoseAskedForAndTheCommonStart) {
  const Campaign campaign = campaign_of_34_models();
  EXPECT_EQ(resident_planes(campaign, std::vector<int>{0}), 1u);
  EXPECT_EQ(resident_planes(campaign, std::vector<int>{1}), 1u);
  EXPECT_EQ(resident_planes(campaign, std::vector<int>{7}), 1u);     // starts as dmo in its own plane
  EXPECT_EQ(resident_planes(campaign, std::vector<int>{7, 8}), 3u);  // dmo, though nobody asks for it
  EXPECT_EQ(resident_planes(campaign, std::vector<int>{0, 7, 8}), 3u);
  EXPECT_EQ(resident_planes(campaign, std::vector<int>{0, 1, 7}), 3u);
}

TEST(LensplanePlan, EveryPlaneIsMadeOnceWithinAnyNumberOfPlanes) {
  const Campaign campaign = campaign_of_34_models();
  const std::vector<ProductId> products = test::mass_planes(campaign);
  const std::multiset<ProductId> asked(products.begin(), products.end());
  for (std::size_t most = 1; most < 150; ++most) {
    const auto passes = plan_passes(campaign, 0, products, most);
    EXPECT_TRUE(products_in(campaign, passes) == asked) << most;
    for (const LensplanePass& pass : passes) {
      EXPECT_LE(resident_planes(campaign, pass), most);
      EXPECT_FALSE(pass.units.empty());
    }
  }
}

TEST(LensplanePlan, WhatFitsIsReadOnce) {
  const Campaign campaign = campaign_of_34_models();
  const std::vector<ProductId> products = test::mass_planes(campaign);  // 34 models, 2 realizations, 2 slices
  EXPECT_EQ(plan_passes(campaign, 0, products, 136).size(), 1u);
  EXPECT_EQ(plan_passes(campaign, 0, products, 135).size(), 2u);
  EXPECT_EQ(plan_passes(campaign, 0, products, 34).size(), 4u);
}

TEST(LensplanePlan, OnlyThePlanesAskedForAreHeld) {
  const Campaign campaign = campaign_of_34_models();
  const auto passes = plan_passes(campaign, 0, {{ProductKind::mass_plane, 5, 1, 1}}, 100);
  ASSERT_EQ(passes.size(), 1u);
  EXPECT_EQ(passes[0].units, (std::vector<PlaneUnit>{{1, 1, {5}}}));
}

}  // namespace
}  // namespace lenswright
