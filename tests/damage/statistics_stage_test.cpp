// The optional stage of statistics: a campaign without it is what it always was; with it, its files are expected,
// looked at, planned after the runs they are made of, and reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/stage_configuration.hpp"
#include "plan/plan.hpp"
#include "report/json.hpp"
#include "report/summary.hpp"
#include "report/terminal.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kWith{"statistics={root: ST}"};
const ProductId kStatistics{ProductKind::statistics, 1, 0, 0};

std::string diagnosis(const SmallTree& tree, const ScanResult& found) {
  const Gaps gaps = find_gaps(tree.campaign(), found, {}, {});
  return diagnosis_json(summarise({tree.campaign(), Tier::header, {}, found, gaps, {}, {}}));
}

TEST(StatisticsStage, CampaignWithoutTheSectionKnowsNothingOfIt) {
  const SmallTree tree;
  EXPECT_EQ(stages_of(tree.campaign()).size(), 3U);
  EXPECT_EQ(ProductSet(tree.campaign()).count(ProductKind::statistics), 0U);
  EXPECT_TRUE(consumers_of(tree.campaign(), {ProductKind::run, 0, 0, 1}).empty());
  EXPECT_THAT(tree.campaign().effective_json, Not(HasSubstr("statistics")));
  EXPECT_EQ(product_named(tree.campaign(), "statistics/dmo/LP_00/kappa_stats.h5"), std::nullopt);
  const ScanResult found = tree.scanned(Tier::header);
  EXPECT_TRUE(find_gaps(tree.campaign(), found, {}, {}).complete());
  EXPECT_THAT(diagnosis(tree, found), Not(HasSubstr("statistics")));
}

TEST(StatisticsStage, OneFilePerModelAndRealizationIsMadeOfAllItsRuns) {
  const SmallTree tree(SmallTree::Filled::empty, kWith);
  const Campaign& campaign = tree.campaign();
  EXPECT_EQ(ProductSet(campaign).count(ProductKind::statistics), 6U);
  EXPECT_EQ(product_name(campaign, kStatistics), "statistics/hydro/LP_00/kappa_stats.h5");
  EXPECT_EQ(product_named(campaign, "statistics/hydro/LP_00/kappa_stats.h5"), kStatistics);
  EXPECT_EQ(product_at(campaign, Stage::statistics, "hydro/LP_00/kappa_stats_born.h5"), std::nullopt);
  EXPECT_EQ(inputs_of(campaign, kStatistics).size(), 3U);
  EXPECT_THAT(consumers_of(campaign, {ProductKind::run, 1, 0, 2}), ElementsAre(kStatistics));
  const SmallTree born(SmallTree::Filled::empty, {kWith[0], "raytracing.method=born"});
  EXPECT_EQ(relative_path(born.campaign(), kStatistics), "hydro/LP_00/kappa_stats_born.h5");
}

TEST(StatisticsStage, LostRunIsMadeBeforeTheStatisticsThatLackIt) {
  const SmallTree tree(SmallTree::Filled::whole, kWith);
  EXPECT_TRUE(find_gaps(tree.campaign(), tree.scanned(Tier::header), {}, {}).complete());
  tree.remove({ProductKind::run, 1, 0, 2});
  tree.remove(kStatistics);
  tree.remove({ProductKind::statistics, 2, 1, 0});
  const ScanResult found = tree.scanned(Tier::header);
  const Plan plan = make_plan(tree.campaign(), found, {}, {}, {});
  ASSERT_EQ(plan.tasks.size(), 3U);
  EXPECT_EQ(plan.tasks[0].stage, Stage::raytracing);
  EXPECT_EQ(plan.tasks[1].stage, Stage::statistics);
  EXPECT_THAT(plan.tasks[1].task.products, ElementsAre(kStatistics));
  EXPECT_THAT(plan.tasks[1].after, ElementsAre(std::pair{Stage::raytracing, 0}));
  EXPECT_TRUE(plan.tasks[2].after.empty());
  EXPECT_EQ(plan.tasks[2].task.index, 1);
  const Plan again = decode_plan(tree.campaign(), "plan.json", encode_plan(tree.campaign(), plan));
  EXPECT_EQ(again.products(Stage::statistics), 2U);
  EXPECT_THAT(diagnosis(tree, found), HasSubstr("\"statistics\""));
}

TEST(StatisticsStage, StatisticsOfARunThatNobodyAskedForAreBlocked) {
  const SmallTree tree(SmallTree::Filled::whole, kWith);
  tree.remove({ProductKind::run, 1, 0, 2});
  tree.remove(kStatistics);
  const Plan plan =
      make_plan(tree.campaign(), tree.scanned(Tier::header), {.stages = {Stage::statistics}}, {}, {});
  EXPECT_TRUE(plan.tasks.empty());
  ASSERT_EQ(plan.blocked.size(), 1U);
  EXPECT_THAT(plan.blocked[0].because, HasSubstr("raytracing/hydro/LP_00/run002 is missing"));
}

TEST(StatisticsStage, CutOrChangedFileIsFound) {
  const SmallTree tree(SmallTree::Filled::whole, kWith);
  const std::uint64_t size = std::filesystem::file_size(tree.file(kStatistics));
  test::cut(tree.file(kStatistics), size - 1);
  EXPECT_EQ(tree.checked(kStatistics, Tier::header).state, State::truncated);
  tree.write(kStatistics);
  const ReceiptIndex receipts = tree.receipts();
  EXPECT_EQ(tree.checked(kStatistics, Tier::full, receipts).state, State::complete);
  test::flip_bit(tree.file(kStatistics), 8 * (size - 40));
  EXPECT_EQ(tree.checked(kStatistics, Tier::full, receipts).state, State::corrupt);
}

TEST(StatisticsStage, FileOfAnotherNumberOfRunsIsMismatched) {
  const SmallTree tree(SmallTree::Filled::whole, {kWith[0], "raytracing.runs=2"});
  test::write_file(tree.file(kStatistics),
                   test::sound_bytes(SmallTree(SmallTree::Filled::empty, kWith).campaign(), kStatistics,
                                     product_files(tree.campaign(), kStatistics).front()));
  const Finding finding = tree.checked(kStatistics, Tier::full);
  EXPECT_EQ(finding.state, State::mismatched);
  EXPECT_THAT(finding.because, HasSubstr("3, where the campaign says 2"));
}

TEST(StatisticsStage, OnlyWhatItsBytesDependOnIsInItsConfiguration) {
  const auto text = [](std::vector<std::string> overrides) {
    overrides.insert(overrides.begin(), kWith[0]);
    return product_configuration(SmallTree(SmallTree::Filled::empty, overrides).campaign(), kStatistics);
  };
  EXPECT_EQ(text({}), text({"raytracing.formats=[hdf5]"}));
  EXPECT_EQ(text({}), text({"statistics.root=other"}));
  EXPECT_NE(text({}), text({"raytracing.runs=4"}));
  EXPECT_NE(text({}), text({"statistics.ell_bins=5"}));
  EXPECT_NE(text({}), text({"raytracing.fields=[kappa, gamma1, gamma2]"}));
}

TEST(StatisticsStage, SectionsThatMakeNoSenseAreProblems) {
  const auto problem = [](const std::string& section) {
    try {
      SmallTree(SmallTree::Filled::empty, {section});
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_THAT(problem("statistics={smoothing_arcmin: [1]}"), HasSubstr("statistics.root"));
  EXPECT_THAT(problem("statistics={root: ST, smoothing_arcmin: [2, 1]}"), HasSubstr("ascending"));
  EXPECT_THAT(problem("statistics={root: ST, snr: {lowest: 3, highest: 3, bins: 4}}"),
              HasSubstr("lowest below highest"));
  EXPECT_THAT(problem("statistics={root: RT}"), HasSubstr("same folder"));
  EXPECT_THAT(problem("statistics={root: ST, ell_bin: 3}"), HasSubstr("ell_bins"));
}

}  // namespace
}  // namespace lenswright
