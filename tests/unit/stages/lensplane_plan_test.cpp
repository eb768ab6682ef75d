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

std::size_t planes_held(const Campaign& campaign, const LensplanePass& pass) {
  std::size_t planes = 0;  // as if a model's change of dmo's plane took a whole one
  for (const PlaneUnit& unit : pass.units) {
    planes += whole_planes(campaign, unit.models);
    for (const int model : unit.models) planes += model > 1 ? 1 : 0;
  }
  return planes;
}

PassTest at_most(const Campaign& campaign, std::size_t planes) {
  return [&campaign, planes](const LensplanePass& pass) { return planes_held(campaign, pass) <= planes; };
}

TEST(LensplanePlan, WholePlanesAreHydrosAndTheCommonStart) {
  const Campaign campaign = campaign_of_34_models();
  EXPECT_EQ(whole_planes(campaign, {0}), 1u);
  EXPECT_EQ(whole_planes(campaign, {1}), 1u);
  EXPECT_EQ(whole_planes(campaign, {7}), 1u);  // dmo's, though nobody asks for it
  EXPECT_EQ(whole_planes(campaign, {7, 8}), 1u);
  EXPECT_EQ(whole_planes(campaign, {0, 7, 8}), 1u);
  EXPECT_EQ(whole_planes(campaign, {0, 1, 7}), 2u);
  EXPECT_EQ(plane_count({0, {{0, 0, {0, 1}}, {0, 1, {5}}}}), 3u);
}

TEST(LensplanePlan, EveryPlaneIsMadeOnceWithinAnyLimit) {
  const Campaign campaign = campaign_of_34_models();
  const std::vector<ProductId> products = test::mass_planes(campaign);
  const std::multiset<ProductId> asked(products.begin(), products.end());
  for (std::size_t most = 1; most < 150; ++most) {
    const auto passes = plan_passes(campaign, 0, products, at_most(campaign, most));
    EXPECT_TRUE(products_in(campaign, passes) == asked) << most;
    for (const LensplanePass& pass : passes) {
      if (plane_count(pass) > 1) {
        EXPECT_LE(planes_held(campaign, pass), most);
      }
      EXPECT_FALSE(pass.units.empty());
      for (const PlaneUnit& unit : pass.units) EXPECT_FALSE(unit.models.empty());
    }
  }
}

TEST(LensplanePlan, WhatFitsIsReadOnce) {
  const Campaign campaign = campaign_of_34_models();
  const std::vector<ProductId> products = test::mass_planes(campaign);  // 34 models, 2 realizations, 2 slices
  EXPECT_EQ(plan_passes(campaign, 0, products, at_most(campaign, 136)).size(), 1u);
  EXPECT_EQ(plan_passes(campaign, 0, products, at_most(campaign, 135)).size(), 2u);
  EXPECT_EQ(plan_passes(campaign, 0, products, at_most(campaign, 34)).size(), 4u);
}

TEST(LensplanePlan, WithoutRoomForTwoThereIsAPassPerPlane) {
  const Campaign campaign = campaign_of_34_models();
  const std::vector<ProductId> products = test::mass_planes(campaign);
  const auto passes = plan_passes(campaign, 0, products, [](const LensplanePass&) { return false; });
  EXPECT_EQ(passes.size(), products.size());
}

TEST(LensplanePlan, OnlyThePlanesAskedForAreMade) {
  const Campaign campaign = campaign_of_34_models();
  const auto passes = plan_passes(campaign, 0, {{ProductKind::mass_plane, 5, 1, 1}}, at_most(campaign, 100));
  ASSERT_EQ(passes.size(), 1u);
  EXPECT_EQ(passes[0].units, (std::vector<PlaneUnit>{{1, 1, {5}}}));
}

TEST(LensplanePlan, PassesJoinedAreOnePassThatMakesTheSamePlanes) {
  const Campaign campaign = campaign_of_34_models();
  const std::vector<ProductId> products = test::mass_planes(campaign);
  const std::vector<LensplanePass> passes =
      plan_passes(campaign, 0, products, at_most(campaign, 7));  // units are divided
  ASSERT_GT(passes.size(), 4u);
  const LensplanePass all = joined(passes);
  EXPECT_EQ(all, plan_passes(campaign, 0, products, [](const LensplanePass&) { return true; }).front());
}

}  // namespace
}  // namespace lenswright
