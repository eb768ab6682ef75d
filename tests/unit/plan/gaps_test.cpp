#include "plan/gaps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scanned_tree.hpp"

namespace lenswright {
namespace {

using namespace test;

TEST(Gaps, CompleteTreeHasNone) {
  const ScannedTree tree;
  const Gaps gaps = tree.gaps();
  EXPECT_TRUE(gaps.complete());
  EXPECT_TRUE(gaps.can_tell());
  EXPECT_EQ(gaps.lensplanes.expected, 36);
  EXPECT_EQ(gaps.lux.expected, 36);
  EXPECT_EQ(gaps.geometry.expected, 6);
  EXPECT_EQ(gaps.raytracing.expected, 18);
  EXPECT_EQ(gaps.pattern, "");
  EXPECT_TRUE(gaps.snapshots.empty());
}

TEST(Gaps, DamagedPlanesCountAsToBeMadeInTheirSnapshot) {
  ScannedTree tree;
  tree.set(mass_plane(2, 0, 2), State::missing);
  tree.set(mass_plane(0, 1, 3), State::truncated);
  tree.set(mass_plane(2, 1, 2), State::corrupt);
  tree.set(mass_plane(1, 1, 5), State::mismatched);
  const Gaps gaps = tree.gaps();
  EXPECT_EQ(gaps.lensplanes.to_make(), 3);
  EXPECT_EQ(gaps.lensplanes.in(State::mismatched), 1);
  ASSERT_EQ(gaps.snapshots.size(), 1U);
  EXPECT_EQ(gaps.snapshots[0].snapshot_index, 1);
  EXPECT_EQ(gaps.snapshots[0].missing_planes, 3);
  EXPECT_EQ(gaps.snapshots[0].models, (std::vector<int>{0, 2}));
  EXPECT_FALSE(gaps.complete());
}

TEST(Gaps, UnknownIsNeitherCompleteNorTold) {
  ScannedTree tree;
  tree.set(run(0, 0, 1), State::unknown);
  EXPECT_FALSE(tree.gaps().complete());
  EXPECT_FALSE(tree.gaps().can_tell());
  EXPECT_TRUE(tree.gaps({.stages = {Stage::lux}}).complete());
}

TEST(Gaps, CombinationsCountPotentialsAndGeometryTogether) {
  ScannedTree tree;
  tree.set(potential(1, 0, 2), State::missing);
  tree.set(potential(1, 0, 4), State::corrupt);
  tree.set(geometry(1, 0), State::missing);
  tree.set(geometry(0, 1), State::missing);
  tree.set(run(2, 1, 3), State::missing);
  const Gaps gaps = tree.gaps();
  ASSERT_EQ(gaps.lux_combinations.size(), 2U);
  EXPECT_EQ(gaps.lux_combinations[0].model, 0);
  EXPECT_EQ(gaps.lux_combinations[0].realization, 1);
  EXPECT_EQ(gaps.lux_combinations[0].missing, 1);
  EXPECT_EQ(gaps.lux_combinations[1].model, 1);
  EXPECT_EQ(gaps.lux_combinations[1].missing, 3);
  ASSERT_EQ(gaps.raytracing_combinations.size(), 1U);
  EXPECT_EQ(gaps.raytracing_combinations[0].model, 2);
  EXPECT_EQ(gaps.lux.to_make(), 2);
  EXPECT_EQ(gaps.geometry.to_make(), 2);
}

TEST(Gaps, MissingInputsBlockEverythingBehindThem) {
  ScannedTree tree;
  tree.inputs.hydro = {"", "/sims/hydro has no snapshot 80", ""};
  for (const int model : {0, 1, 2}) {
    tree.set(mass_plane(model, 0, 2), State::missing);
    tree.set(potential(model, 0, 3), State::missing);
    tree.set(run(model, 0, 1), State::missing);
  }
  const Gaps gaps = tree.gaps();
  EXPECT_EQ(gaps.lensplanes.blocked, 2);  // hydro and replace; dmo can be made
  EXPECT_EQ(gaps.lux.blocked, 2);
  EXPECT_EQ(gaps.raytracing.blocked, 2);
}

TEST(Gaps, LostPlaneBehindTheLastSourceBlocksNoRun) {
  ScannedTree tree;
  tree.inputs.dmo = {"", "", "gone"};
  tree.set(mass_plane(0, 0, 4), State::missing);
  tree.set(potential(0, 0, 5), State::missing);
  tree.set(run(0, 0, 1), State::missing);
  EXPECT_EQ(tree.gaps().lux.blocked, 1);
  EXPECT_EQ(tree.gaps().raytracing.blocked, 0);
}

TEST(Gaps, HalosAreNeededByReplaceModelsAlone) {
  InputAvailability inputs;
  inputs.halos = {"no catalogue"};
  EXPECT_EQ(inputs.missing_for(dmo_model(), 0), "");
  EXPECT_EQ(inputs.missing_for(hydro_model(), 0), "");
  EXPECT_EQ(inputs.missing_for(replace_model({13.0, 15.0, 1.0}), 0), "no catalogue");
  inputs.dmo = {"no dmo snapshot"};
  EXPECT_EQ(inputs.missing_for(hydro_model(), 0), "");
  EXPECT_EQ(inputs.missing_for(replace_model({13.0, 15.0, 1.0}), 0), "no dmo snapshot");
}

// The write order of a (snapshot, model): realization, then slice; snapshot 80 has planes 2 and 3.
TEST(GapPattern, OneTailIsAKilledLoop) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 3), State::missing);
  tree.set(mass_plane(0, 1, 2), State::missing);
  tree.set(mass_plane(0, 1, 3), State::missing);
  EXPECT_EQ(tree.gaps().pattern, "the one gap is the tail of a model's write order: a killed loop");
  tree.set(mass_plane(2, 1, 1), State::missing);
  EXPECT_EQ(tree.gaps().pattern, "all 2 gaps are tails of a model's write order: a killed loop");
}

TEST(GapPattern, ScatteredLossesAreNoTails) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 3), State::missing);
  EXPECT_EQ(tree.gaps().pattern, "scattered: 1 mass plane in 1 gap");
  tree.set(mass_plane(1, 0, 0), State::corrupt);
  EXPECT_EQ(tree.gaps().pattern,
            "scattered: 2 mass planes in 2 gaps; 1 plane is damaged rather than missing");
  tree.set(mass_plane(2, 1, 5), State::missing);
  EXPECT_THAT(tree.gaps().pattern, testing::StartsWith("1 of 3 gaps is the tail of a model's write order"));
}

TEST(GapPattern, WholeSnapshotsAndWholeModels) {
  ScannedTree tree;
  for (const int model : {0, 1, 2})
    for (const int realization : {0, 1})
      for (const int plane : {2, 3}) tree.set(mass_plane(model, realization, plane), State::missing);
  EXPECT_EQ(tree.gaps().pattern, "snapshot 80 is missing whole");
  tree.set(mass_plane(0, 1, 5), State::missing);
  EXPECT_EQ(tree.gaps().pattern,
            "snapshot 80 is missing whole; the one gap is the tail of a model's write order: a killed loop");
  tree.set_kind(ProductKind::mass_plane, State::missing);
  EXPECT_THAT(tree.gaps().pattern, testing::StartsWith("none of the 36 mass planes is there"));
}

TEST(GapPattern, DownstreamAloneIsReadByCombination) {
  ScannedTree tree;
  tree.set(potential(0, 0, 2), State::missing);
  tree.set(potential(0, 0, 4), State::missing);
  tree.set(potential(1, 1, 1), State::missing);
  EXPECT_EQ(tree.gaps().pattern, "3 potentials of 2 combinations, scattered");
  ScannedTree runs;
  runs.set(run(0, 0, 2), State::missing);
  runs.set(run(0, 0, 3), State::missing);
  EXPECT_EQ(runs.gaps().pattern, "2 runs of 1 combination, each the tail of its write order: a killed loop");
  runs.set(run(0, 0, 1), State::missing);
  EXPECT_EQ(runs.gaps().pattern, "3 runs of 1 combination, each whole");
}

}  // namespace
}  // namespace lenswright
