#include "plan/job_arrays.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "campaign/load_campaign.hpp"
#include "campaign/product_path.hpp"
#include "plan/array_spec.hpp"
#include "real_losses.hpp"
#include "scanned_tree.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using test::ScannedTree;
using testing::ElementsAre;
using testing::SizeIs;

// The plan of the real campaign for some lost products.
struct RealPlan {
  Campaign campaign;
  Plan plan;
  explicit RealPlan(const std::vector<std::string>& overrides = {}, bool everything = false)
      : campaign(load_campaign(test::source("configs/production.yaml"), overrides)) {
    ScanResult result(campaign);
    const std::set<ProductId> lost = test::real_losses(campaign);
    for (const ProductKind kind : kProductKinds)
      for (std::size_t i = 0; i < result.products().count(kind); ++i) {
        const ProductId id = result.products().at(kind, i);
        result.set(id, everything || lost.contains(id) ? State::missing : State::complete);
      }
    plan = make_plan(campaign, result, {}, {}, {});
  }
  std::vector<JobArray> arrays(const Advice& advice = {}, const ArrayLimits& limits = {}) const {
    return job_arrays(campaign, plan, advice, limits);
  }
};

std::vector<const JobArray*> of_stage(const std::vector<JobArray>& arrays, Stage stage) {
  std::vector<const JobArray*> found;
  for (const JobArray& array : arrays)
    if (array.stage == stage) found.push_back(&array);
  return found;
}

// Every task of the plan stands in exactly one element, and what an element waits for, itself or by its array, makes
// every planned input of its products, and nothing else.
void expect_exact(const Campaign& campaign, const Plan& plan, const std::vector<JobArray>& arrays) {
  std::map<ProductId, std::pair<std::size_t, int>> maker;
  std::set<std::size_t> tasks;
  for (std::size_t a = 0; a < arrays.size(); ++a) {
    std::set<int> indices;
    for (const ArrayElement& element : arrays[a].elements) {
      EXPECT_TRUE(indices.insert(element.index).second) << arrays[a].name << " index " << element.index;
      for (const std::size_t task : element.tasks) {
        EXPECT_TRUE(tasks.insert(task).second) << "task " << task << " twice";
        for (const ProductId& id : plan.tasks[task].task.products) maker[id] = {a, element.index};
      }
    }
  }
  EXPECT_EQ(tasks.size(), plan.tasks.size());
  for (std::size_t a = 0; a < arrays.size(); ++a)
    for (const ArrayElement& element : arrays[a].elements) {
      std::set<std::pair<std::size_t, int>> waits_for, needs;
      for (const ArrayNeed& need : arrays[a].after) {
        ASSERT_LT(need.array, a);
        const std::vector<int> there = arrays[need.array].indices();
        for (const int index : need.elements) {
          ASSERT_TRUE(std::find(there.begin(), there.end(), index) != there.end())
              << arrays[a].name << " waits for an element that doesn't exist: Slurm would run it";
          if (!need.pairwise || index == element.index) waits_for.insert({need.array, index});
        }
      }
      for (const std::size_t task : element.tasks)
        for (const ProductId& id : plan.tasks[task].task.products)
          for (const ProductId& input : inputs_of(campaign, id))
            if (const auto made = maker.find(input); made != maker.end()) needs.insert(made->second);
      EXPECT_EQ(waits_for, needs) << arrays[a].name << " element " << element.index;
    }
}

TEST(JobArrays, TheRealLossesWaitForExactlyWhatTheyNeed) {
  const RealPlan real;
  const std::vector<JobArray> arrays = real.arrays();
  expect_exact(real.campaign, real.plan, arrays);
  const auto lensplanes = of_stage(arrays, Stage::lensplanes);
  ASSERT_THAT(lensplanes, SizeIs(1));
  EXPECT_EQ(array_spec(lensplanes[0]->indices()), test::kRealLossIndices);
  EXPECT_EQ(lensplanes[0]->name, "lensplanes-01");
  std::set<std::vector<int>> needs;
  std::vector<int> lux, raytracing;
  for (const JobArray* array : of_stage(arrays, Stage::lux)) {
    ASSERT_THAT(array->after, SizeIs(1));
    EXPECT_FALSE(array->after[0].pairwise);
    EXPECT_TRUE(needs.insert(array->after[0].elements).second) << "two arrays of the same needs";
    for (const int index : array->indices()) lux.push_back(index);
  }
  for (const JobArray* array : of_stage(arrays, Stage::raytracing)) {
    ASSERT_THAT(array->after, SizeIs(1));
    EXPECT_TRUE(array->after[0].pairwise);
    for (const int index : array->indices()) raytracing.push_back(index);
  }
  EXPECT_THAT(needs, SizeIs(17));
  EXPECT_EQ(array_spec(lux), "0-78");
  EXPECT_EQ(array_spec(raytracing), "0-78");
  EXPECT_THAT(lux, SizeIs(test::kRealAffectedCombinations));
  EXPECT_THAT(raytracing, SizeIs(test::kRealAffectedCombinations));
  EXPECT_TRUE(of_stage(arrays, Stage::statistics).empty()) << "none was lost";
}

TEST(JobArrays, TheWholeCampaignIsFourArrays) {
  const RealPlan all({}, true);
  const std::vector<JobArray> arrays = all.arrays();
  ASSERT_THAT(arrays, SizeIs(4));
  EXPECT_EQ(array_spec(arrays[0].indices()), "0-19");
  EXPECT_EQ(array_spec(arrays[1].indices()), "0-339");
  EXPECT_THAT(arrays[1].after, ElementsAre(ArrayNeed{0, arrays[0].indices(), false}));
  EXPECT_THAT(arrays[2].after, ElementsAre(ArrayNeed{1, arrays[1].indices(), true}));
  EXPECT_EQ(arrays[3].name, "statistics-01");
  EXPECT_THAT(arrays[3].after, ElementsAre(ArrayNeed{2, arrays[2].indices(), true}));
}

// Statistics lost with their runs wait for these, element by element; those whose runs are there wait for nothing.
TEST(JobArrays, StatisticsWaitForTheRunsThatAreMadeAgainAndForNoOthers) {
  for (const char* const pack : {"1", "7"}) {
    RealPlan real({std::string("slurm.statistics.tasks_per_element=") + pack});
    ScanResult result(real.campaign);
    std::set<ProductId> lost = test::real_losses(real.campaign);
    for (int realization = 0; realization < real.campaign.realizations; ++realization)
      for (int model = 0; model < 8; ++model) lost.insert({ProductKind::statistics, model, realization, 0});
    for (const ProductKind kind : kProductKinds)
      for (std::size_t i = 0; i < result.products().count(kind); ++i) {
        const ProductId id = result.products().at(kind, i);
        result.set(id, lost.contains(id) ? State::missing : State::complete);
      }
    real.plan = make_plan(real.campaign, result, {}, {}, {});
    const std::vector<JobArray> arrays = real.arrays();
    expect_exact(real.campaign, real.plan, arrays);
    std::size_t alone = 0, waiting = 0;
    for (const JobArray* array : of_stage(arrays, Stage::statistics)) {
      std::size_t& side = array->after.empty() ? alone : waiting;
      for (const ArrayElement& element : array->elements) side += element.tasks.size();
      for (const ArrayNeed& need : array->after) {
        EXPECT_EQ(arrays[need.array].stage, Stage::raytracing);
        EXPECT_EQ(need.pairwise, std::string_view(pack) == "1");
      }
    }
    // Of the first eight models one lost runs: those of realizations 4 to 9.
    EXPECT_EQ(waiting, 6U);
    EXPECT_EQ(alone, 74U);
  }
}

TEST(JobArrays, ArraysAreCutWhereAnIndexWouldBeTooLarge) {
  const RealPlan real;
  for (const int size : {1, 3, 20, 50}) {
    const std::vector<JobArray> arrays = real.arrays({}, {size, -1});
    for (const JobArray& array : arrays)
      for (const int index : array.indices()) EXPECT_LT(index, size) << array.name;
    expect_exact(real.campaign, real.plan, arrays);
  }
}

TEST(JobArrays, SmallTasksArePackedAndStillWaitExactly) {
  for (const std::vector<std::string>& packs : std::vector<std::vector<std::string>>{
           {"slurm.lux.tasks_per_element=4", "slurm.raytracing.tasks_per_element=4"},
           {"slurm.lux.tasks_per_element=4"},
           {"slurm.raytracing.tasks_per_element=3"},
           {"slurm.defaults.tasks_per_element=1000"}}) {
    const RealPlan real(packs);
    const std::vector<JobArray> arrays = real.arrays();
    expect_exact(real.campaign, real.plan, arrays);
    for (const JobArray* array : of_stage(arrays, Stage::lensplanes))
      for (const ArrayElement& element : array->elements) EXPECT_THAT(element.tasks, SizeIs(1));
    EXPECT_LT(count_elements(arrays), 16U + 2U * test::kRealAffectedCombinations) << packs.front();
  }
}

TEST(JobArrays, ATaskFileHoldsWhatThePackedElementsMake) {
  ScannedTree tree;
  tree.set_kind(ProductKind::run, State::missing);
  tree.set_kind(ProductKind::potential, State::missing);
  Campaign campaign = tree.campaign;
  campaign.slurm[Stage::lux].values["tasks_per_element"] = "3";
  const Plan plan = tree.plan();
  const std::vector<JobArray> arrays = job_arrays(campaign, plan, {}, {});
  std::size_t products = 0;
  for (const JobArray& array : arrays) {
    const TaskFile file = task_file_of(campaign, plan, array, {});
    EXPECT_EQ(file.stage, array.stage);
    EXPECT_EQ(file.tasks.size(), array.elements.size());
    for (const auto& [index, task] : file.tasks) products += task.products.size();
  }
  EXPECT_EQ(products, plan.products(Stage::lux) + plan.products(Stage::raytracing));
}

TEST(JobArrays, TasksWithResourcesOfTheirOwnStandApart) {
  const RealPlan real;
  Advice advice;
  TaskAdvice& fifth = advice[{Stage::lux, 5}];
  fifth.resources.mem = std::uint64_t{1} << 38;
  fifth.resources.exclude.insert("n7");
  fifth.because = "mem 180G -> 256G";
  const std::vector<JobArray> arrays = real.arrays(advice);
  expect_exact(real.campaign, real.plan, arrays);
  int apart = 0;
  for (const JobArray& array : arrays)
    if (array.resources != ElementResources{}) {
      ++apart;
      EXPECT_EQ(array.stage, Stage::lux);
      EXPECT_THAT(array.indices(), ElementsAre(5));
      EXPECT_THAT(array.reasons, ElementsAre("mem 180G -> 256G"));
    }
  EXPECT_EQ(apart, 1);
}

TEST(JobArrays, WhatIsThereNeedsNoDependency) {
  ScannedTree tree;
  tree.set(test::run(0, 1, 2), State::missing);
  tree.set(test::run(1, 0, 1), State::missing);
  tree.set(test::potential(1, 0, 3), State::missing);
  const Plan plan = tree.plan();
  const std::vector<JobArray> arrays = job_arrays(tree.campaign, plan, {}, {});
  expect_exact(tree.campaign, plan, arrays);
  ASSERT_THAT(arrays, SizeIs(3));
  EXPECT_TRUE(arrays[0].after.empty());
  EXPECT_TRUE(arrays[1].after.empty() != arrays[2].after.empty());
}

TEST(JobArrays, WhatAClusterDoesNotTakeIsLeftWithAllThatWaitsForIt) {
  const RealPlan real;
  const std::vector<JobArray> all = real.arrays();
  for (const std::int64_t most : {0, 7, 16, 40, 95, 120}) {
    const std::vector<JobArray> some = real.arrays({}, {1001, most});
    EXPECT_EQ(count_elements(some), static_cast<std::size_t>(most));
    for (std::size_t a = 0; a < some.size(); ++a)
      for (const ArrayNeed& need : some[a].after) {
        ASSERT_LT(need.array, a);
        const std::vector<int> there = some[need.array].indices();
        for (const int index : need.elements)
          EXPECT_TRUE(std::find(there.begin(), there.end(), index) != there.end());
      }
  }
}

// Of 17 arrays with 79 elements, most with few, exactly as many run as the limit says, however they are sized.
TEST(JobArrays, AStagesLimitIsSharedByItsArrays) {
  for (const int limit : {17, 18, 20, 40, 78}) {
    const RealPlan real({fmt::format("slurm.lux.array_limit={}", limit), "slurm.lensplanes.array_limit=5"});
    int together = 0;
    for (const JobArray& array : real.arrays()) {
      if (array.stage == Stage::lensplanes) {
        EXPECT_EQ(array.at_once, 5);
      }
      if (array.stage == Stage::lux) {
        EXPECT_GE(array.at_once, 1);
        EXPECT_LE(array.at_once, std::ssize(array.elements));
        together += array.at_once;
      }
      if (array.stage == Stage::raytracing) {
        EXPECT_EQ(array.at_once, 0);
      }
    }
    EXPECT_EQ(together, limit);
  }
}

// Slurm limits an array, not several: less than one element of an array cannot run.
TEST(JobArrays, WithMoreArraysThanTheLimitEachRunsOneElement) {
  const RealPlan real({"slurm.lux.array_limit=5"});
  int arrays = 0;
  for (const JobArray& array : real.arrays())
    if (array.stage == Stage::lux) {
      EXPECT_EQ(array.at_once, 1);
      ++arrays;
    }
  EXPECT_EQ(arrays, 17);
}

TEST(InFlight, IsNeitherPlannedNorBlockedAndWhatNeedsItWaits) {
  ScannedTree tree;
  tree.set(test::mass_plane(0, 0, 1), State::missing);
  tree.set(test::mass_plane(1, 0, 1), State::missing);
  tree.set(test::potential(0, 0, 2), State::missing);
  tree.set(test::potential(1, 0, 2), State::missing);
  tree.set(test::run(0, 0, 1), State::missing);
  tree.set(test::run(1, 0, 1), State::missing);
  PlanOptions options;
  options.in_flight = {test::mass_plane(0, 0, 1), test::mass_plane(0, 0, 2)};
  const Plan plan = tree.plan({}, options);
  EXPECT_THAT(plan.in_flight, ElementsAre(test::mass_plane(0, 0, 1))) << "the other one is complete by now";
  for (const PlannedTask& task : plan.tasks)
    for (const ProductId& id : task.task.products) EXPECT_EQ(id.model, 1);
  EXPECT_THAT(plan.tasks, SizeIs(3));
  EXPECT_TRUE(plan.blocked.empty());
  ASSERT_THAT(plan.waiting, SizeIs(2));
  EXPECT_EQ(plan.waiting[0].product, test::potential(0, 0, 2));
  EXPECT_THAT(plan.waiting[0].because, testing::HasSubstr("in flight"));
  EXPECT_EQ(plan.waiting[1].product, test::run(0, 0, 1));

  const Plan back = decode_plan(tree.campaign, "plan.json", encode_plan(tree.campaign, plan));
  EXPECT_EQ(back.in_flight, plan.in_flight);
  EXPECT_EQ(back.waiting.size(), 2U);
}

TEST(InFlight, ADamagedProductThatAJobMakesAgainStaysWhereItIs) {
  ScannedTree tree;
  tree.set(test::run(0, 0, 1), State::corrupt);
  PlanOptions options;
  options.in_flight = {test::run(0, 0, 1)};
  const Plan plan = tree.plan({}, options);
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_TRUE(plan.moves.empty());
}

}  // namespace
}  // namespace lenswright
