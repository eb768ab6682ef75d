#include "stages/pass_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace lenswright {
namespace {

constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

// 100 runs of 1024 x 1024 rays on planes of 4096 x 4096 pixels: state and map of a run are 109 MB, a plane 671 MB.
TraceDemand real_demand() {
  TraceDemand demand;
  demand.runs = 100;
  demand.rays = 1024 * 1024;
  demand.maps = 1;
  demand.plane_bytes = 671088648;
  return demand;
}

TEST(PassPlan, AllRunsInOnePassAndThePlaneReadAheadWhereMemoryIsAmple) {
  const PassPlan plan = plan_passes(real_demand(), 180 * kGigabyte);
  EXPECT_EQ(plan.runs_per_pass, 100U);
  EXPECT_EQ(plan.passes, 1U);
  EXPECT_EQ(plan.plane_slots, 2);
}

TEST(PassPlan, RunsAreSpreadEvenlyOverTheFewestPasses) {
  const PassPlan plan = plan_passes(real_demand(), 4 * kGigabyte);
  EXPECT_GT(plan.passes, 2U);
  EXPECT_EQ(plan.runs_per_pass, (100 + plan.passes - 1) / plan.passes);
  EXPECT_LE(trace_bytes_per_rank(real_demand(), plan.runs_per_pass, plan.plane_slots), 4 * kGigabyte);
  // One run more per pass would not fit, or would not save a pass.
  const std::size_t fewer = plan.passes - 1;
  EXPECT_GT(trace_bytes_per_rank(real_demand(), (100 + fewer - 1) / fewer, 1), 4 * kGigabyte);
}

TEST(PassPlan, ReadingAheadNeverCostsAPass) {
  TraceDemand demand = real_demand();
  demand.runs = 10;
  const std::uint64_t just = trace_bytes_per_rank(demand, 10, 1);
  EXPECT_EQ(plan_passes(demand, just).plane_slots, 1);
  EXPECT_EQ(plan_passes(demand, just).passes, 1U);
  EXPECT_EQ(plan_passes(demand, just + demand.plane_bytes).plane_slots, 2);
}

TEST(PassPlan, RanksShareRaysAndThePlaneOfTheirNode) {
  TraceDemand demand = real_demand();
  const std::uint64_t alone = trace_bytes_per_rank(demand, 100, 2);
  demand.ranks = 40;
  demand.ranks_per_node = 40;
  EXPECT_LT(trace_bytes_per_rank(demand, 100, 2), alone / 20);
}

TEST(PassPlan, TooLittleMemoryIsAUsageErrorThatNamesTheLeast) {
  TraceDemand demand = real_demand();
  demand.ranks = 2;
  const std::uint64_t least = trace_bytes_per_rank(demand, 1, 1);
  EXPECT_EQ(plan_passes(demand, least).runs_per_pass, 1U);
  try {
    plan_passes(demand, least - 1);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(),
                testing::HasSubstr("at least " + std::to_string(least / (1 << 20) + 1) + " MB"));
  }
}

}  // namespace
}  // namespace lenswright
