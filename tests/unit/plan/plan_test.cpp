#include "plan/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/error.hpp"
#include "real_losses.hpp"
#include "scanned_tree.hpp"

namespace lenswright {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using After = std::vector<std::pair<Stage, int>>;

const PlannedTask* task_making(const Plan& plan, const ProductId& id) {
  for (const PlannedTask& task : plan.tasks)
    if (std::count(task.task.products.begin(), task.task.products.end(), id) > 0) return &task;
  return nullptr;
}

TEST(Plan, CompleteTreeNeedsNothing) {
  const ScannedTree tree;
  const Plan plan = tree.plan();
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_EQ(plan.bytes_to_write, 0U);
}

TEST(Plan, LostPlaneIsMadeWithWhatIsMissingBehindItAndNothingElse) {
  ScannedTree tree;
  tree.set(mass_plane(2, 1, 3), State::missing);
  tree.set(potential(2, 1, 4), State::missing);
  tree.set(run(2, 1, 1), State::missing);
  tree.set(run(2, 1, 3), State::missing);
  const Plan plan = tree.plan();
  ASSERT_EQ(plan.tasks.size(), 3U);
  EXPECT_EQ(plan.tasks[0].stage, Stage::lensplanes);
  EXPECT_EQ(plan.tasks[0].task.index, 1);  // its snapshot
  EXPECT_THAT(plan.tasks[0].task.products, ElementsAre(mass_plane(2, 1, 3)));
  EXPECT_TRUE(plan.tasks[0].after.empty());
  EXPECT_EQ(plan.tasks[1].stage, Stage::lux);
  EXPECT_EQ(plan.tasks[1].task.index, 0);
  EXPECT_EQ(plan.tasks[1].after, (After{{Stage::lensplanes, 1}}));
  EXPECT_THAT(plan.tasks[2].task.products, ElementsAre(run(2, 1, 1), run(2, 1, 3)));
  EXPECT_EQ(plan.tasks[2].after, (After{{Stage::lux, 0}}));
  EXPECT_EQ(plan.files_to_write, 1U + 1U + 2U * 4U);
  EXPECT_EQ(plan.bytes_to_write, (8 + 8 * 64) + (8 + 40 * 64) + 8 * (8 + 8 * 16U));
}

TEST(Plan, CompleteProductBehindALostPlaneIsHealthyAndStays) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 0), State::missing);
  const Plan plan = tree.plan();
  EXPECT_EQ(plan.tasks.size(), 1U);
  EXPECT_EQ(plan.count(Stage::lux), 0U);
}

TEST(Plan, TasksWaitOnlyForWhatMakesTheirInputs) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 0), State::missing);
  tree.set(potential(0, 0, 1), State::missing);
  tree.set(potential(0, 1, 1), State::missing);  // its plane is there
  tree.set(mass_plane(1, 0, 4), State::missing);
  tree.set(potential(1, 0, 5), State::missing);  // behind the last source
  tree.set(run(1, 0, 1), State::missing);
  tree.set(run(0, 1, 1), State::missing);
  tree.set(geometry(2, 0), State::missing);
  tree.set(run(2, 0, 2), State::missing);
  const Plan plan = tree.plan();
  EXPECT_EQ(task_making(plan, potential(0, 0, 1))->after, (After{{Stage::lensplanes, 0}}));
  EXPECT_EQ(task_making(plan, potential(0, 1, 1))->after, After{});
  EXPECT_EQ(task_making(plan, potential(1, 0, 5))->after, (After{{Stage::lensplanes, 2}}));
  EXPECT_EQ(task_making(plan, run(1, 0, 1))->after, After{});
  EXPECT_EQ(task_making(plan, run(0, 1, 1))->after, (After{{Stage::lux, 1}}));
  EXPECT_EQ(task_making(plan, run(2, 0, 2))->after,
            (After{{Stage::lux, task_making(plan, geometry(2, 0))->task.index}}));
}

TEST(Plan, DamagedFilesArePlannedAndMovedAside) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 0), State::truncated);
  tree.set(run(1, 1, 2), State::corrupt);
  const Plan plan = tree.plan();
  EXPECT_EQ(plan.products(Stage::lensplanes), 1U);
  EXPECT_EQ(plan.products(Stage::raytracing), 1U);
  ASSERT_EQ(plan.moves.size(), 2U);
  EXPECT_EQ(plan.moves[0].product, mass_plane(0, 0, 0));
  EXPECT_EQ(plan.moves[1].product, run(1, 1, 2));
}

TEST(Plan, OnlyTheDamagedMapsOfARunAreMoved) {
  const SmallTree tree;
  const ProductId id = run(2, 0, 2);
  const auto files = tree.files(id);
  cut(files[0], 5);
  flip_bit(files[2], 1);
  std::filesystem::remove(files[3]);
  const Plan plan = make_plan(tree.campaign(), tree.scanned(Tier::header), {}, {}, {});
  std::vector<std::string> moved;
  for (const Finding& finding : plan.moves) moved.push_back(finding.path);
  EXPECT_THAT(moved, testing::UnorderedElementsAre(files[0].string(), files[2].string()));
  EXPECT_EQ(plan.products(Stage::raytracing), 1U);
}

TEST(Plan, BlockedProductsAreNeitherMadeNorMoved) {
  ScannedTree tree;
  tree.inputs.dmo = {"/sims/dmo has no snapshot 96", "", ""};
  tree.set(mass_plane(0, 0, 1), State::corrupt);
  tree.set(potential(0, 0, 2), State::missing);
  tree.set(run(0, 0, 1), State::missing);
  const Plan plan = tree.plan();
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_TRUE(plan.moves.empty());
  ASSERT_EQ(plan.blocked.size(), 3U);
  EXPECT_EQ(plan.blocked[0].because, "/sims/dmo has no snapshot 96");
  EXPECT_EQ(plan.blocked[1].because,
            "its input lensplanes/dmo/LP_00/lenspot01.dat is corrupt, and cannot be made: /sims/dmo has no "
            "snapshot 96");
  EXPECT_THAT(plan.blocked[2].because, HasSubstr("its input lux/dmo/LP_00/lenspot02.dat is missing"));
}

TEST(Plan, OneFailedSnapshotHoldsBackOnlyWhatNeedsIt) {
  ScannedTree tree;
  tree.inputs.hydro = {"", "gone", ""};
  tree.set_kind(ProductKind::mass_plane, State::missing);
  tree.set_kind(ProductKind::potential, State::missing);
  tree.set_kind(ProductKind::run, State::missing);
  const Plan plan = tree.plan();
  EXPECT_EQ(plan.products(Stage::lensplanes), 36U - 2 * 4U);
  EXPECT_EQ(plan.products(Stage::lux), 36U - 2 * 4U);
  EXPECT_EQ(plan.products(Stage::raytracing), 6U);  // dmo alone
  EXPECT_EQ(plan.blocked.size(), 8U + 8U + 12U);
}

TEST(Plan, MismatchedIsLeftUnlessAskedFor) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 0), State::mismatched);
  tree.set(potential(0, 0, 1), State::missing);
  const Plan plan = tree.plan();
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_THAT(plan.left_mismatched, ElementsAre(mass_plane(0, 0, 0)));
  ASSERT_EQ(plan.blocked.size(), 1U);
  EXPECT_THAT(plan.blocked[0].because, HasSubstr("is mismatched"));

  const Plan replacing = tree.plan({}, {.replace_mismatched = true});
  EXPECT_EQ(replacing.tasks.size(), 2U);
  EXPECT_EQ(replacing.moves.size(), 1U);
  EXPECT_TRUE(replacing.left_mismatched.empty());
}

TEST(Plan, UnknownIsNeverPlannedAndBlocksWhatNeedsIt) {
  ScannedTree tree;
  tree.set_kind(ProductKind::mass_plane, State::unknown);
  tree.set(potential(1, 1, 1), State::missing);
  const Plan plan = tree.plan();
  EXPECT_TRUE(plan.tasks.empty());
  ASSERT_EQ(plan.blocked.size(), 1U);
  EXPECT_THAT(plan.blocked[0].because, HasSubstr("could not be looked at"));
}

TEST(Plan, SelectionIsPlannedAloneAndWaitsForWhatWasNotAskedFor) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 0), State::missing);
  tree.set(potential(0, 0, 1), State::missing);
  tree.set(potential(1, 0, 1), State::missing);
  const Plan plan = tree.plan({.stages = {Stage::lux}});
  ASSERT_EQ(plan.tasks.size(), 1U);
  EXPECT_THAT(plan.tasks[0].task.products, ElementsAre(potential(1, 0, 1)));
  ASSERT_EQ(plan.blocked.size(), 1U);
  EXPECT_THAT(plan.blocked[0].because, HasSubstr("was not asked for"));
}

// Whatever is lost: no product twice, none that is complete, every input complete or made by an earlier task
// that is waited for.
TEST(Plan, AnyLossesGiveAPlanThatHoldsTogether) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  constexpr State kDraw[] = {State::complete, State::complete, State::complete,
                             State::missing,  State::corrupt,  State::mismatched};
  for (int round = 0; round < 50; ++round) {
    ScannedTree tree;
    for (const ProductId& id : tree.tree.all())
      if (const State state = kDraw[random() % std::size(kDraw)]; state != State::complete)
        tree.set(id, state);
    const Plan plan = tree.plan();
    std::map<ProductId, std::pair<Stage, int>> made;
    for (const PlannedTask& task : plan.tasks) {
      std::set<std::pair<Stage, int>> needed;
      for (const ProductId& id : task.task.products) {
        EXPECT_TRUE(to_be_made(tree.result.state(id)));
        for (const ProductId& input : inputs_of(tree.campaign, id)) {
          if (tree.result.state(input) == State::complete) continue;
          ASSERT_TRUE(made.contains(input));
          needed.insert(made.at(input));
        }
      }
      EXPECT_EQ((std::set(task.after.begin(), task.after.end())), needed);
      for (const ProductId& id : task.task.products)
        EXPECT_TRUE(made.emplace(id, std::pair{task.stage, task.task.index}).second);
    }
    std::size_t to_make = 0;
    for (const ProductId& id : tree.tree.all()) to_make += to_be_made(tree.result.state(id)) ? 1 : 0;
    EXPECT_EQ(made.size() + plan.blocked.size(), to_make);
  }
}

TEST(Plan, JsonRoundTrip) {
  ScannedTree tree;
  tree.inputs.hydro = {"gone", "", ""};
  for (const int model : {0, 1}) {
    tree.set(mass_plane(model, 0, 0), State::truncated);
    tree.set(potential(model, 0, 1), State::missing);
    tree.set(run(model, 0, 1), State::missing);
  }
  tree.set(geometry(2, 1), State::mismatched);
  tree.result.dead_temporary_files = {"/LP/dmo/.x.tmp-h-1-a"};
  const Plan plan = tree.plan();
  const std::string text = encode_plan(tree.campaign, plan);
  const Plan back = decode_plan(tree.campaign, "plan.json", text);
  EXPECT_EQ(encode_plan(tree.campaign, back), text);
  ASSERT_EQ(back.tasks.size(), plan.tasks.size());
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    EXPECT_EQ(back.tasks[i].stage, plan.tasks[i].stage);
    EXPECT_EQ(back.tasks[i].task, plan.tasks[i].task);
    EXPECT_EQ(back.tasks[i].after, plan.tasks[i].after);
  }
  EXPECT_EQ(back.moves.size(), 1U);
  EXPECT_EQ(back.moves[0].product, mass_plane(0, 0, 0));
  EXPECT_EQ(back.blocked.size(), 3U);
  EXPECT_EQ(back.left_mismatched, plan.left_mismatched);
  EXPECT_EQ(back.dead_temporary_files, plan.dead_temporary_files);
  EXPECT_EQ(back.bytes_to_write, plan.bytes_to_write);

  EXPECT_THROW(decode_plan(tree.campaign, "plan.json", text.substr(0, text.size() / 2)), FormatError);
  const SmallTree other(SmallTree::Filled::empty, {"lensplanes.seed=1"});
  EXPECT_THROW(decode_plan(other.campaign(), "plan.json", text), FormatError);
}

TEST(Plan, TaskFileHoldsTheStagesTasksAndTheKnownDigestsOfTheirInputs) {
  ScannedTree tree;
  tree.set(mass_plane(0, 0, 0), State::missing);
  tree.set(potential(0, 0, 1), State::missing);
  tree.set(potential(0, 0, 2), State::missing);
  Receipt receipt;
  receipt.finished = "2026-01-31T12:34:56.789Z";
  const Digest digest = digest_of(std::string_view("plane"));
  for (const int plane : {0, 1})
    receipt.products.push_back({product_name(tree.campaign, mass_plane(0, 0, plane)),
                                {{relative_path(tree.campaign, mass_plane(0, 0, plane)), 520, digest}},
                                {},
                                {}});
  ReceiptIndex receipts;
  receipts.add(receipt);
  const TaskFile file = task_file_of(tree.campaign, tree.plan(), Stage::lux, receipts);
  EXPECT_EQ(file.campaign, "small-tree");
  ASSERT_EQ(file.tasks.size(), 1U);
  EXPECT_THAT(file.tasks.at(0).products, ElementsAre(potential(0, 0, 1), potential(0, 0, 2)));
  // Plane 0 is made anew: its old receipt says nothing of what will be there.
  EXPECT_THAT(file.input_digests, ElementsAre(std::pair{"lensplanes/dmo/LP_00/lenspot01.dat", digest.hex()}));
}

// The real campaign's losses, as the cluster sees them.
TEST(Plan, RealLossesWaitForExactlyTheSnapshotsTheyNeed) {
  const Campaign campaign = load_campaign(source("configs/production.yaml"));
  ScanResult result(campaign);
  for (const ProductKind kind : kProductKinds)
    for (std::size_t i = 0; i < result.products().count(kind); ++i)
      result.set(result.products().at(kind, i), State::complete);
  for (const ProductId& id : real_losses(campaign)) result.set(id, State::missing);
  const Plan plan = make_plan(campaign, result, {}, {}, {});
  std::set<std::vector<std::pair<Stage, int>>> needs;
  for (const PlannedTask& task : plan.tasks) {
    if (task.stage == Stage::raytracing) {
      EXPECT_EQ(task.after, (After{{Stage::lux, task.task.index}}));  // same combinations, same indices
    }
    if (task.stage != Stage::lux) continue;
    std::set<std::pair<Stage, int>> expected;
    for (const ProductId& id : task.task.products)
      expected.emplace(Stage::lensplanes, snapshot_index_of(campaign, id));
    EXPECT_EQ((std::set(task.after.begin(), task.after.end())), expected);
    needs.insert(task.after);
  }
  EXPECT_EQ(plan.count(Stage::lux), static_cast<std::size_t>(kRealAffectedCombinations));
  EXPECT_EQ(needs.size(), 17U);  // different sets of snapshots
}

}  // namespace
}  // namespace lenswright
