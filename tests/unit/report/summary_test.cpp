#include "report/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report_campaign.hpp"

namespace lenswright {
namespace {

using testing::ElementsAre;

class SummaryTest : public testing::Test {
 protected:
  Campaign campaign_ = test::small_campaign();
};

TEST_F(SummaryTest, CompleteCampaignHasNothingToTell) {
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  const Summary summary = test::summary_of(campaign_, scan);
  EXPECT_EQ(summary.verdict, Verdict::complete);
  EXPECT_TRUE(summary.snapshots.empty() && summary.findings.empty() && summary.blocked.empty());
  EXPECT_TRUE(summary.array.empty());
  EXPECT_TRUE(summary.pattern.empty());
  ASSERT_EQ(summary.models.size(), 2u);
  EXPECT_EQ(summary.models[0].kappa_maps, 4 * 5 * 2) << "realizations x runs x sources";
  EXPECT_FALSE(summary.below_goal());
}

TEST_F(SummaryTest, GapsAreCountedPerStageSnapshotAndCombination) {
  const Summary summary = test::summary_of(campaign_, test::scan_with_gaps(campaign_));
  EXPECT_EQ(summary.verdict, Verdict::gaps);
  ASSERT_EQ(summary.stages.size(), 4u);
  EXPECT_EQ(summary.stages[0].name, "lensplanes");
  EXPECT_EQ(summary.stages[0].counts.in(State::missing), 2);
  EXPECT_EQ(summary.stages[0].damaged(), 1);
  EXPECT_EQ(summary.stages[2].name, "geometry");
  EXPECT_TRUE(summary.stages[2].complete());
  EXPECT_EQ(summary.stages[3].counts.in(State::missing), 15);
  ASSERT_EQ(summary.snapshots.size(), 1u);
  EXPECT_EQ(summary.snapshots[0].snapshot, 90);
  EXPECT_EQ(summary.snapshots[0].array_index, 1);
  EXPECT_EQ(summary.snapshots[0].missing_planes, 3);
  EXPECT_THAT(summary.snapshots[0].models_affected, ElementsAre("hydro"));
  EXPECT_EQ(summary.array, "1");
  ASSERT_EQ(summary.raytracing_combinations.size(), 3u);
  EXPECT_EQ(summary.raytracing_combinations[0].model, "hydro");
  EXPECT_EQ(summary.raytracing_combinations[0].realization, 1);
  EXPECT_EQ(summary.raytracing_combinations[0].missing, 5);
  EXPECT_EQ(summary.models[1].kappa_maps, 5 * 2);
  EXPECT_TRUE(summary.below_goal());
}

TEST_F(SummaryTest, OneUnknownProductMeansCannotTell) {
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  scan.set({ProductKind::run, 0, 0, 1}, State::unknown);
  const Summary summary = test::summary_of(campaign_, scan);
  EXPECT_EQ(summary.verdict, Verdict::cannot_tell);
  EXPECT_EQ(summary.models[0].cells.back().unknown, 1);
  EXPECT_EQ(summary.models[0].cells.back().complete, 19);
}

TEST_F(SummaryTest, SelectionLeavesOutTheRest) {
  Selection selection;
  selection.stages = {Stage::lux};
  selection.models = {0};
  const Summary summary = test::summary_of(campaign_, test::scan_with_gaps(campaign_), selection);
  EXPECT_EQ(summary.verdict, Verdict::complete);
  ASSERT_EQ(summary.stages.size(), 2u);
  EXPECT_EQ(summary.stages[0].name, "lux");
  EXPECT_EQ(summary.stages[0].counts.expected, 4 * 6);
  EXPECT_TRUE(summary.findings.empty());
  ASSERT_EQ(summary.models.size(), 1u);
  EXPECT_FALSE(summary.kappa_goal) << "a goal concerns all runs";
}

TEST_F(SummaryTest, BlockedProductsAreGroupedByReason) {
  InputAvailability inputs = test::all_inputs(campaign_);
  inputs.hydro[1] = "/sims/hydro/snapdir_090: no such folder";
  const Summary summary = test::summary_of(campaign_, test::scan_with_gaps(campaign_), {}, &inputs);
  std::int64_t planes = 0, all = 0;
  for (const BlockedSummary& blocked : summary.blocked) {
    all += blocked.products;
    if (blocked.stage != Stage::lensplanes) continue;
    planes += blocked.products;
    EXPECT_THAT(blocked.because, testing::HasSubstr("/sims/hydro/snapdir_090"));
    EXPECT_EQ(blocked.example, "lensplanes/hydro/LP_01/lenspot03.dat");
  }
  EXPECT_EQ(planes, 3);
  EXPECT_EQ(all, 3 + 3 + 15) << "planes, potentials and runs";
}

TEST_F(SummaryTest, MapsOfOtherFieldsDoNotCountTowardsTheGoal) {
  campaign_.raytracing.fields = {MapField::gamma1};
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  EXPECT_EQ(test::summary_of(campaign_, scan).models[0].kappa_maps, 0);
}

}  // namespace
}  // namespace lenswright
