#include "plan/past_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "scanned_tree.hpp"

namespace lenswright {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* kName = "20260131T123456789Z-4711";

struct Frozen {
  ScannedTree tree;
  std::string text() const { return encode_plan(tree.campaign, tree.plan()); }
};

TEST(PastPlan, TellsWhatLackedWhatMovedAndWhen) {
  Frozen frozen;
  frozen.tree.set(mass_plane(1, 0, 2), State::missing);
  frozen.tree.set(potential(1, 0, 3), State::truncated);
  frozen.tree.set(run(2, 1, 1), State::corrupt);
  const PastPlan plan = decode_past_plan(frozen.tree.campaign, kName, "plan.json", frozen.text());
  EXPECT_EQ(plan.name, kName);
  EXPECT_EQ(plan.written, "2026-01-31T12:34:56.789Z");
  EXPECT_THAT(plan.products, UnorderedElementsAre(mass_plane(1, 0, 2), potential(1, 0, 3), run(2, 1, 1)));
  EXPECT_EQ(plan.moved[static_cast<std::size_t>(State::truncated)], 1);
  EXPECT_EQ(plan.moved[static_cast<std::size_t>(State::corrupt)], 1);
  EXPECT_EQ(plan.moved[static_cast<std::size_t>(State::missing)], 0);
  EXPECT_EQ(plan.no_longer_expected, 0);
}

TEST(PastPlan, OfAnotherConfigurationIsReadAndWhatIsNoLongerExpectedIsCounted) {
  Frozen frozen;
  frozen.tree.set(mass_plane(0, 0, 0), State::missing);
  frozen.tree.set(mass_plane(0, 1, 0), State::missing);
  frozen.tree.set(run(0, 1, 3), State::missing);
  const SmallTree smaller(SmallTree::Filled::empty, {"realizations=1", "lensplanes.seed=7"});
  const PastPlan plan = decode_past_plan(smaller.campaign(), kName, "plan.json", frozen.text());
  EXPECT_THAT(plan.products, UnorderedElementsAre(mass_plane(0, 0, 0)));
  EXPECT_EQ(plan.no_longer_expected, 2);
}

TEST(PastPlan, BlockedProductsAreCounted) {
  Frozen frozen;
  frozen.tree.set(mass_plane(1, 0, 2), State::missing);
  frozen.tree.inputs.dmo.resize(3);
  frozen.tree.inputs.hydro.assign(3, "no snapshot files");
  frozen.tree.inputs.halos.resize(3);
  const PastPlan plan = decode_past_plan(frozen.tree.campaign, kName, "plan.json", frozen.text());
  EXPECT_TRUE(plan.products.empty());
  EXPECT_EQ(plan.blocked, 1);
}

TEST(PastPlan, ANameWithoutATimeTellsNone) {
  const Frozen frozen;
  for (const char* name : {"by-hand", "20260131T1234", "2026013xT123456789Z-1", "20260131 123456789Z-1"})
    EXPECT_EQ(decode_past_plan(frozen.tree.campaign, name, "plan.json", frozen.text()).written, "") << name;
}

TEST(PastPlan, DamageAndAnotherCampaignsPlanAreRefused) {
  Frozen frozen;
  frozen.tree.set(mass_plane(1, 0, 2), State::missing);
  const std::string text = frozen.text();
  const auto decode = [&](const Campaign& campaign, const std::string& bytes) {
    return decode_past_plan(campaign, kName, "/state/plans/x/plan.json", bytes);
  };
  for (std::size_t length = 0; length + 1 < text.size(); length += 7)
    EXPECT_THROW(decode(frozen.tree.campaign, text.substr(0, length)), FormatError) << length;
  const SmallTree other(SmallTree::Filled::empty, {"campaign=another"});
  try {
    decode(other.campaign(), text);
    ADD_FAILURE() << "no error";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/state/plans/x/plan.json"));
    EXPECT_THAT(error.what(), HasSubstr("another"));
  }
}

}  // namespace
}  // namespace lenswright
