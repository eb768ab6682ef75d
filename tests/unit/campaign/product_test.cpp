// Numbering, graph and paths of products: the small campaign of campaign_text has 3 snapshots of 2 planes,
// 4 realizations, 2 + 2 x 2 x 2 models, 12 runs with sources 3 and 6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "campaign/product_graph.hpp"
#include "campaign/product_id.hpp"
#include "campaign/product_path.hpp"
#include "campaign_text.hpp"

namespace lenswright {
namespace {

using test::load_text;
using test::valid_campaign_text;
using ::testing::UnorderedElementsAre;

constexpr int kModels = 10, kRealizations = 4, kPlanes = 6, kRuns = 12;

std::vector<ProductId> all_products(const Campaign& campaign) {
  const ProductSet set(campaign);
  std::vector<ProductId> ids;
  for (const ProductKind kind : kProductKinds) {
    for (std::size_t position = 0; position < set.count(kind); ++position)
      ids.push_back(set.at(kind, position));
  }
  return ids;
}

TEST(ProductSet, CountsEveryKind) {
  const ProductSet set(load_text(valid_campaign_text()));
  EXPECT_EQ(set.count(ProductKind::mass_plane), std::size_t{kModels * kRealizations * kPlanes});
  EXPECT_EQ(set.count(ProductKind::potential), std::size_t{kModels * kRealizations * kPlanes});
  EXPECT_EQ(set.count(ProductKind::geometry), std::size_t{kModels * kRealizations});
  EXPECT_EQ(set.count(ProductKind::run), std::size_t{kModels * kRealizations * kRuns});
}

TEST(ProductSet, PositionIsTheInverseOfAtAndCountsModelsSlowest) {
  const ProductSet set(load_text(valid_campaign_text()));
  for (const ProductKind kind : kProductKinds) {
    ProductId previous{};
    for (std::size_t position = 0; position < set.count(kind); ++position) {
      const ProductId id = set.at(kind, position);
      ASSERT_TRUE(set.contains(id));
      ASSERT_EQ(set.position(id), position);
      ASSERT_TRUE(position == 0 || previous < id);
      previous = id;
    }
  }
}

TEST(ProductSet, IndicesOutsideTheCampaignAreNotContained) {
  const ProductSet set(load_text(valid_campaign_text()));
  EXPECT_TRUE(set.contains({ProductKind::mass_plane, 0, 0, 0}));
  EXPECT_FALSE(set.contains({ProductKind::mass_plane, 0, 0, kPlanes}));
  EXPECT_FALSE(set.contains({ProductKind::potential, 0, 0, 0}));
  EXPECT_TRUE(set.contains({ProductKind::potential, 0, 0, kPlanes}));
  EXPECT_FALSE(set.contains({ProductKind::geometry, 0, 0, 1}));
  EXPECT_FALSE(set.contains({ProductKind::run, 0, 0, 0}));
  EXPECT_FALSE(set.contains({ProductKind::run, 0, 0, kRuns + 1}));
  EXPECT_FALSE(set.contains({ProductKind::run, kModels, 0, 1}));
  EXPECT_FALSE(set.contains({ProductKind::run, 0, kRealizations, 1}));
  EXPECT_FALSE(set.contains({ProductKind::run, -1, 0, 1}));
}

TEST(ProductId, PotentialOneBelongsToTheFirstSnapshot) {
  const Campaign campaign = load_text(valid_campaign_text());
  EXPECT_EQ(snapshot_index_of(campaign, {ProductKind::mass_plane, 0, 0, 1}), 0);
  EXPECT_EQ(snapshot_index_of(campaign, {ProductKind::mass_plane, 0, 0, 2}), 1);
  EXPECT_EQ(snapshot_index_of(campaign, {ProductKind::potential, 0, 0, 2}), 0);
  EXPECT_EQ(snapshot_index_of(campaign, {ProductKind::potential, 0, 0, 3}), 1);
}

TEST(ProductGraph, InputsAndConsumersMirrorEachOther) {
  const Campaign campaign = load_text(valid_campaign_text());
  std::set<std::pair<ProductId, ProductId>> made_from, used_by;
  for (const ProductId& id : all_products(campaign)) {
    for (const ProductId& input : inputs_of(campaign, id)) made_from.insert({input, id});
    for (const ProductId& consumer : consumers_of(campaign, id)) used_by.insert({id, consumer});
  }
  EXPECT_EQ(made_from, used_by);
  // per combination: each potential has 1 input, each run 6 potentials and config.dat
  EXPECT_EQ(made_from.size(), std::size_t{kModels * kRealizations * (kPlanes + kRuns * (kPlanes + 1))});
}

TEST(ProductGraph, PlanesBehindTheLastSourceAreNotNeededByRuns) {
  const Campaign campaign = load_text(test::with_line(valid_campaign_text(), "sources:", "sources: [3, 4]"));
  EXPECT_EQ(inputs_of(campaign, {ProductKind::run, 1, 2, 5}).size(), 5u);  // config.dat and potentials 1-4
  EXPECT_EQ(consumers_of(campaign, {ProductKind::potential, 1, 2, 4}).size(), std::size_t{kRuns});
  EXPECT_TRUE(consumers_of(campaign, {ProductKind::potential, 1, 2, 5}).empty());
}

TEST(ProductGraph, ReplaceModelsNeedBothSimulations) {
  EXPECT_EQ(simulations_of(dmo_model()), std::vector{Simulation::dmo});
  EXPECT_EQ(simulations_of(hydro_model()), std::vector{Simulation::hydro});
  EXPECT_EQ(simulations_of(replace_model({12, 13, 1})), (std::vector{Simulation::dmo, Simulation::hydro}));
}

TEST(ProductPath, NamesAreThoseOfTheContract) {
  const Campaign campaign = load_text(valid_campaign_text());
  EXPECT_EQ(relative_path(campaign, {ProductKind::mass_plane, 0, 3, 0}), "dmo/LP_03/lenspot00.dat");
  EXPECT_EQ(product_name(campaign, {ProductKind::potential, 1, 0, 6}), "lux/hydro/LP_00/lenspot06.dat");
  EXPECT_EQ(product_name(campaign, {ProductKind::geometry, 2, 1, 0}),
            "lux/hydro_replace_Ml_3.16e12_Mu_1.00e13_R_0.5/LP_01/config.dat");
  EXPECT_EQ(product_name(campaign, {ProductKind::run, 0, 3, 7}), "raytracing/dmo/LP_03/run007");
  EXPECT_EQ(absolute_path(campaign, {ProductKind::run, 0, 3, 7}),
            campaign.raytracing.root / "dmo/LP_03/run007");
}

TEST(ProductPath, RunHoldsOneFilePerSourceFieldAndFormat) {
  const Campaign campaign = load_text(test::with_line(
      valid_campaign_text(), "fields:", "fields: [kappa, gamma1, omega]\n  formats: [dat, fits, hdf5]"));
  std::vector<std::string> paths;
  for (const ProductFile& file : product_files(campaign, {ProductKind::run, 0, 3, 12})) {
    paths.push_back(file.path.substr(std::string("dmo/LP_03/run012/").size()));
  }
  EXPECT_THAT(paths, UnorderedElementsAre("kappa03.dat", "gamma1_03.dat", "omega03.dat", "kappa06.dat",
                                          "gamma1_06.dat", "omega06.dat", "kappa03.fits", "gamma1_03.fits",
                                          "omega03.fits", "kappa06.fits", "gamma1_06.fits", "omega06.fits",
                                          "LP004_run012_maps.hdf5"));
}

TEST(ProductPath, SizesFollowFromTheFormat) {
  const Campaign campaign = load_text(valid_campaign_text());
  EXPECT_EQ(product_files(campaign, {ProductKind::mass_plane, 0, 0, 0})[0].size, 8u + 8 * 64 * 64);
  EXPECT_EQ(product_files(campaign, {ProductKind::potential, 0, 0, 1})[0].size, 8u + 40 * 64 * 64);
  EXPECT_EQ(product_files(campaign, {ProductKind::run, 0, 0, 1})[0].size, 8u + 8 * 32 * 32);
}

TEST(ProductPath, GeometrySizeIsThatOfAnExistingConfig) {
  // The reference's config.dat belongs to 8 planes of 4 snapshots.
  std::string text = test::with_line(valid_campaign_text(), "snapshots:", "snapshots: [96, 90, 85, 80]");
  const ProductFile file = product_files(load_text(text), {ProductKind::geometry, 0, 0, 0})[0];
  EXPECT_EQ(file.size, std::filesystem::file_size(test::reference("raytrace_64/lux/config.dat")));
}

TEST(ProductPath, EveryPathLeadsBackToItsProduct) {
  const Campaign campaign = load_text(test::with_line(
      valid_campaign_text(), "fields:", "fields: [kappa, gamma2]\n  formats: [fits, hdf5, dat]"));
  for (const ProductId& id : all_products(campaign)) {
    const Stage stage = stage_of(id.kind);
    ASSERT_EQ(product_at(campaign, stage, relative_path(campaign, id)), id);
    ASSERT_EQ(product_named(campaign, product_name(campaign, id)), id);
    for (const ProductFile& file : product_files(campaign, id)) {
      ASSERT_EQ(product_at(campaign, stage, file.path), id) << file.path;
      ASSERT_EQ(product_named(campaign, std::string(stage_name(stage)) + "/" + file.path), id) << file.path;
    }
  }
}

TEST(ProductPath, OtherWaysOfTracingHaveNamesOfTheirOwn) {
  const std::string text =
      test::with_line(valid_campaign_text(), "fields:", "fields: [kappa]\n  formats: [dat, fits, hdf5]");
  const Campaign standard = load_text(text);
  const std::vector<std::pair<std::vector<std::string>, std::string>> variants = {
      {{"raytracing.method=born"}, "run007_born"},
      {{"raytracing.interpolation=nearest"}, "run007_nearest"},
      {{"raytracing.interpolation=bicubic"}, "run007_bicubic"},
      {{"raytracing.method=born", "raytracing.interpolation=nearest"}, "run007_born_nearest"},
      {{"raytracing.method=full", "raytracing.interpolation=bilinear"}, "run007"}};
  for (const auto& [overrides, folder] : variants) {
    const Campaign campaign = load_text(text, overrides);
    const ProductId run{ProductKind::run, 0, 3, 7};
    EXPECT_EQ(relative_path(campaign, run), "dmo/LP_03/" + folder);
    EXPECT_EQ(product_at(campaign, Stage::raytracing, relative_path(campaign, run)), run);
    EXPECT_EQ(product_named(campaign, product_name(campaign, run)), run);
    for (const ProductFile& file : product_files(campaign, run)) {
      EXPECT_EQ(product_at(campaign, Stage::raytracing, file.path), run) << file.path;
      EXPECT_EQ(product_at(standard, Stage::raytracing, file.path).has_value(), folder == "run007")
          << file.path;
    }
    EXPECT_EQ(product_named(campaign, product_name(standard, run)).has_value(), folder == "run007");
    EXPECT_EQ(product_files(campaign, run).back().path,
              "dmo/LP_03/" + folder + "/LP004_" + folder + "_maps.hdf5");
  }
}

TEST(ProductPath, NoTwoFilesOfAStageShareAPath) {
  const Campaign campaign = load_text(valid_campaign_text());
  std::set<std::pair<Stage, std::string>> paths;
  for (const ProductId& id : all_products(campaign)) {
    for (const ProductFile& file : product_files(campaign, id)) {
      EXPECT_TRUE(paths.insert({stage_of(id.kind), file.path}).second) << file.path;
    }
  }
}

TEST(ProductPath, WhatTheCampaignDoesNotExpectIsNoProduct) {
  const Campaign campaign = load_text(valid_campaign_text());
  const std::vector<std::pair<Stage, std::string>> strangers = {
      {Stage::lensplanes, ""},
      {Stage::lensplanes, "dmo"},
      {Stage::lensplanes, "dmo/LP_03"},
      {Stage::lensplanes, "dmo/LP_03/"},
      {Stage::lensplanes, "dmo/LP_3/lenspot01.dat"},
      {Stage::lensplanes, "dmo/LP_003/lenspot01.dat"},
      {Stage::lensplanes, "dmo/LP_04/lenspot01.dat"},
      {Stage::lensplanes, "dmo/LP_03/lenspot1.dat"},
      {Stage::lensplanes, "dmo/LP_03/lenspot001.dat"},
      {Stage::lensplanes, "dmo/LP_03/lenspot06.dat"},
      {Stage::lensplanes, "dmo/LP_03/lenspot-1.dat"},
      {Stage::lensplanes, "dmo/LP_03/lenspot 1.dat"},
      {Stage::lensplanes, "dmo/LP_03/lenspot01.dat.tmp"},
      {Stage::lensplanes, "dmo/LP_03/lenspot01.dat/"},
      {Stage::lensplanes, "dmo/LP_03/lenspot01.dat/x"},
      {Stage::lensplanes, "dmo/LP_03/config.dat"},
      {Stage::lensplanes, "dmo/../dmo/LP_03/lenspot01.dat"},
      {Stage::lensplanes, "../dmo/LP_03/lenspot01.dat"},
      {Stage::lensplanes, "/dmo/LP_03/lenspot01.dat"},
      {Stage::lensplanes, "dmo//LP_03/lenspot01.dat"},
      {Stage::lensplanes, "./dmo/LP_03/lenspot01.dat"},
      {Stage::lensplanes, "DMO/LP_03/lenspot01.dat"},
      {Stage::lensplanes, "dmo2/LP_03/lenspot01.dat"},
      {Stage::lensplanes, std::string(kTransformsFile)},
      {Stage::lux, "dmo/LP_03/lenspot00.dat"},
      {Stage::lux, "dmo/LP_03/lenspot07.dat"},
      {Stage::lux, "dmo/LP_03/config.dat.dat"},
      {Stage::raytracing, "dmo/LP_03/run000"},
      {Stage::raytracing, "dmo/LP_03/run013"},
      {Stage::raytracing, "dmo/LP_03/run1"},
      {Stage::raytracing, "dmo/LP_03/run0001"},
      {Stage::raytracing, "dmo/LP_03/run001/"},
      {Stage::raytracing, "dmo/LP_03/run001/kappa04.dat"},  // not a source of the campaign
      {Stage::raytracing, "dmo/LP_03/run001/kappa3.dat"},
      {Stage::raytracing, "dmo/LP_03/run001/kappa_03.dat"},
      {Stage::raytracing, "dmo/LP_03/run001/gamma103.dat"},
      {Stage::raytracing, "dmo/LP_03/run001/gamma2_03.dat"},  // not a field of the campaign
      {Stage::raytracing, "dmo/LP_03/run001/kappa03.fits"},   // not a format of the campaign
      {Stage::raytracing, "dmo/LP_03/run001/kappa03.dat/x"},
      {Stage::raytracing, "dmo/LP_03/run001/LP004_run001_maps.hdf5"},
  };
  for (const auto& [stage, path] : strangers) {
    EXPECT_FALSE(product_at(campaign, stage, path)) << stage_name(stage) << ": " << path;
  }
}

TEST(ProductName, SuffixAndMapMayBeLeftOutOrGiven) {
  const Campaign campaign = load_text(valid_campaign_text());
  const ProductId plane{ProductKind::mass_plane, 0, 3, 1};
  const ProductId run{ProductKind::run, 0, 3, 12};
  EXPECT_EQ(product_named(campaign, "lensplanes/dmo/LP_03/lenspot01"), plane);
  EXPECT_EQ(product_named(campaign, "lux/dmo/LP_03/config"), (ProductId{ProductKind::geometry, 0, 3, 0}));
  EXPECT_EQ(product_named(campaign, "raytracing/dmo/LP_03/run012"), run);
  EXPECT_EQ(product_named(campaign, "raytracing/dmo/LP_03/run012/kappa06"), run);
  EXPECT_EQ(product_named(campaign, "raytracing/dmo/LP_03/run012/gamma1_06.dat"), run);
  EXPECT_FALSE(product_named(campaign, "dmo/LP_03/lenspot01"));
  EXPECT_FALSE(product_named(campaign, "planes/dmo/LP_03/lenspot01"));
  EXPECT_FALSE(product_named(campaign, "lensplanes"));
}

}  // namespace
}  // namespace lenswright
