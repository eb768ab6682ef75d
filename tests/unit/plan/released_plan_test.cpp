// What was released is planned only along with a run that needs it and can be made.
#include <gtest/gtest.h>

#include <algorithm>

#include "scanned_tree.hpp"

namespace lenswright::test {
namespace {

struct ReleasedTree : ScannedTree {
  ReleasedTree() {
    for (const ProductId& id : tree.all())
      if (id.kind == ProductKind::potential) result.set(id, State::released);
  }
};

TEST(ReleasedPlan, NothingIsMissing) {
  const ReleasedTree tree;
  EXPECT_TRUE(tree.gaps().complete());
  EXPECT_EQ(tree.gaps().lux.in(State::released), 36);
  EXPECT_EQ(tree.gaps().lux.to_make(), 0);
  EXPECT_TRUE(tree.plan().tasks.empty());
  EXPECT_TRUE(tree.plan().blocked.empty());
}

TEST(ReleasedPlan, MissingRunBringsBackTheInputsItReads) {
  ReleasedTree tree;
  tree.set(run(1, 1, 2), State::missing);
  const Plan plan = tree.plan();
  ASSERT_EQ(plan.tasks.size(), 2U);
  std::vector<ProductId> inputs;
  for (const ProductId& id : inputs_of(tree.campaign, run(1, 1, 2)))
    if (id.kind == ProductKind::potential) inputs.push_back(id);
  std::vector<ProductId> made = plan.tasks[0].task.products;
  EXPECT_EQ(plan.tasks[0].stage, Stage::lux);
  std::sort(made.begin(), made.end());
  std::sort(inputs.begin(), inputs.end());
  EXPECT_EQ(made, inputs);
  EXPECT_EQ(plan.tasks[1].task.products, std::vector<ProductId>{run(1, 1, 2)});
  EXPECT_TRUE(plan.moves.empty());
}

TEST(ReleasedPlan, RunThatCannotBeMadeBringsBackNothing) {
  ReleasedTree tree;
  tree.set(run(1, 1, 2), State::missing);
  tree.set(mass_plane(1, 1, 0), State::unknown);
  const Plan plan = tree.plan();
  EXPECT_TRUE(plan.tasks.empty());
  const auto blocked =
      std::find_if(plan.blocked.begin(), plan.blocked.end(),
                   [](const BlockedProduct& product) { return product.product == run(1, 1, 2); });
  ASSERT_NE(blocked, plan.blocked.end());
  EXPECT_NE(blocked->because.find("unknown"), std::string::npos) << blocked->because;
}

TEST(ReleasedPlan, LostMassPlaneAloneBringsBackNoPotential) {
  ReleasedTree tree;
  tree.set(mass_plane(0, 0, 1), State::missing);
  const Plan plan = tree.plan();
  ASSERT_EQ(plan.tasks.size(), 1U);
  EXPECT_EQ(plan.tasks.front().stage, Stage::lensplanes);
}

}  // namespace
}  // namespace lenswright::test
