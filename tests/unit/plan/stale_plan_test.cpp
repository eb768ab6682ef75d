// What a plan does about stale products: nothing, unless asked; then they move aside and come again with all that is made
// from them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scanned_tree.hpp"

namespace lenswright {
namespace {

using test::mass_plane;
using test::potential;
using test::run;
using testing::HasSubstr;

PlanOptions include_stale() {
  PlanOptions options;
  options.include_stale = true;
  return options;
}

TEST(StalePlan, LeftAloneUnlessAsked) {
  test::ScannedTree tree;
  tree.set_kind(ProductKind::run, State::stale);
  const Plan plan = tree.plan();
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_EQ(plan.left_stale.size(), 18u);
  EXPECT_FALSE(tree.gaps().complete());
}

TEST(StalePlan, AskedForItMovesAsideAndIsMadeAgain) {
  test::ScannedTree tree;
  tree.set_kind(ProductKind::run, State::stale);
  const Plan plan = tree.plan({}, include_stale());
  EXPECT_EQ(plan.products(Stage::raytracing), 18u);
  EXPECT_EQ(plan.moves.size(), 18u);
  EXPECT_EQ(plan.count(Stage::lux), 0u);
  EXPECT_TRUE(plan.left_stale.empty());
}

TEST(StalePlan, NothingIsMadeFromWhatIsStale) {
  test::ScannedTree tree;
  tree.set(potential(1, 0, 2), State::stale);
  tree.set(run(1, 0, 1), State::missing);
  const Plan plan = tree.plan();
  EXPECT_TRUE(plan.tasks.empty());
  ASSERT_EQ(plan.blocked.size(), 1u);
  EXPECT_EQ(plan.blocked[0].product, run(1, 0, 1));
  EXPECT_THAT(plan.blocked[0].because, HasSubstr("submit --include-stale"));
  const Plan both = tree.plan({}, include_stale());
  EXPECT_EQ(both.products(Stage::lux), 1u);
  EXPECT_EQ(both.products(Stage::raytracing), 1u);
  ASSERT_EQ(both.moves.size(), 1u);
  EXPECT_EQ(both.moves[0].product, potential(1, 0, 2));
}

TEST(StalePlan, StaleProductsOfMismatchedInputsStayWhereTheyAre) {
  // A mistyped grid: planes are of another one, and so are the runs' inputs.
  test::ScannedTree tree;
  tree.set_kind(ProductKind::mass_plane, State::mismatched);
  tree.set_kind(ProductKind::potential, State::mismatched);
  tree.set_kind(ProductKind::run, State::stale);
  const Plan plan = tree.plan({}, include_stale());
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_EQ(plan.blocked.size(), 18u);
}

TEST(StalePlan, SelectionWithoutTheStaleInputMakesNothing) {
  test::ScannedTree tree;
  tree.set(mass_plane(0, 0, 0), State::stale);
  tree.set(potential(0, 0, 1), State::stale);
  Selection lux;
  lux.stages = {Stage::lux};
  const Plan plan = tree.plan(lux, include_stale());
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_EQ(plan.blocked.size(), 1u);
}

}  // namespace
}  // namespace lenswright
