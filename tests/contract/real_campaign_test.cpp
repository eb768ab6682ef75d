// The whole L205n2500TNG campaign with its real losses: found, read and planned.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/scan.hpp"
#include "lossy_tree.hpp"
#include "plan/array_spec.hpp"
#include "plan/plan.hpp"

namespace lenswright {
namespace {

// One test, since the tree of 53,000 files is made for each.
TEST(RealCampaign, LossesAreFoundReadAndPlannedExactly) {
  const test::LossyTree tree;
  const Campaign& campaign = tree.campaign();
  SilentProgress silent;
  const ScanResult result = scan(campaign, real_disk(), Tier::header, {}, {}, silent);

  // Findings: the lost products and nothing else.
  EXPECT_EQ(result.findings.size(), 216U + 216U + 7900U);
  for (const Finding& finding : result.findings) {
    ASSERT_TRUE(finding.product) << finding.path << ": " << finding.because;
    EXPECT_EQ(finding.state, State::missing) << finding.path << ": " << finding.because;
    EXPECT_TRUE(tree.lost().contains(*finding.product)) << finding.path;
  }
  EXPECT_TRUE(result.dead_temporary_files.empty());

  const Gaps gaps = find_gaps(campaign, result, {}, {});
  EXPECT_EQ(gaps.lensplanes.expected, 13600);
  EXPECT_EQ(gaps.lensplanes.in(State::complete), 13384);
  EXPECT_EQ(gaps.lensplanes.in(State::missing), 216);
  EXPECT_EQ(gaps.lux.expected, 13600);
  EXPECT_EQ(gaps.lux.in(State::complete), 13384);
  EXPECT_EQ(gaps.geometry.expected, 340);
  EXPECT_EQ(gaps.geometry.in(State::complete), 340);
  EXPECT_EQ(gaps.raytracing.expected, 34000);
  EXPECT_EQ(gaps.raytracing.in(State::missing), 7900);
  EXPECT_EQ(gaps.lensplanes.blocked + gaps.lux.blocked + gaps.raytracing.blocked, 0);
  EXPECT_EQ(gaps.pattern, "all 20 gaps are tails of a model's write order: a killed loop");
  EXPECT_EQ(gaps.snapshots.size(), 16U);
  EXPECT_EQ(gaps.lux_combinations.size(), 79U);
  EXPECT_EQ(gaps.raytracing_combinations.size(), 79U);
  std::vector<int> indices;
  std::set<int> models;
  for (const SnapshotGap& gap : gaps.snapshots) {
    indices.push_back(gap.snapshot_index);
    models.insert(gap.models.begin(), gap.models.end());
  }
  EXPECT_EQ(array_spec(indices), "0-4,6,8-12,14-17,19");
  EXPECT_EQ(models.size(), 13U);

  const Plan plan = make_plan(campaign, result, {}, {}, {});
  EXPECT_EQ(plan.count(Stage::lensplanes), 16U);
  EXPECT_EQ(plan.products(Stage::lensplanes), 216U);
  EXPECT_EQ(plan.count(Stage::lux), 79U);
  EXPECT_EQ(plan.products(Stage::lux), 216U);
  EXPECT_EQ(plan.count(Stage::raytracing), 79U);
  EXPECT_EQ(plan.products(Stage::raytracing), 7900U);
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_TRUE(plan.blocked.empty());
  EXPECT_TRUE(plan.left_mismatched.empty());
  std::set<ProductId> planned;
  for (const PlannedTask& task : plan.tasks)
    planned.insert(task.task.products.begin(), task.task.products.end());
  EXPECT_EQ(planned, tree.lost());
}

}  // namespace
}  // namespace lenswright
