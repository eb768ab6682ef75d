#include "ledger/value_range.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "small_tree.hpp"

namespace lenswright {
namespace {

TEST(ValueRange, NotANumberAndInfinityAreOutsideEveryRange) {
  const ValueRange range{-1, 1};
  EXPECT_TRUE(range.holds(0.0));
  EXPECT_TRUE(range.holds(-1.0));
  EXPECT_FALSE(range.holds(std::nan("")));
  EXPECT_FALSE(range.holds(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(range.holds(-std::numeric_limits<double>::infinity()));
}

TEST(ValueRange, MassIsNotNegativeAndNoMoreThanTheBoxHolds) {
  const test::SmallTree tree(test::SmallTree::Filled::empty);
  const ValueRange range = mass_range(tree.campaign());
  EXPECT_TRUE(range.holds(0.0));
  EXPECT_FALSE(range.holds(-0.125));
  // 50 Mpc/h at the mean density: 0.3089 * 27.75e10 * 125000 = 1.0716e16 Msun/h
  EXPECT_TRUE(range.holds(1.0716e16));
  EXPECT_FALSE(range.holds(1.7e16));
}

// All the box's mass in one pixel of one slab gives the largest delta that a plane can have; its Laplacian,
// 3 omega_m (100/c)^2 delta, must still be allowed.
TEST(ValueRange, TidalFieldsMayReachWhatTheWholeBoxInOnePixelGives) {
  const test::SmallTree tree(test::SmallTree::Filled::empty);
  const Campaign& campaign = tree.campaign();
  const double slab = campaign.slab_thickness_mpc_h();
  const double overdensity = campaign.planes_per_snapshot * 64.0 - 1.0;
  const double laplacian = 3 * campaign.omega_m * std::pow(100 / 299792.458, 2) * overdensity * slab;
  const auto ranges = potential_ranges(campaign);
  EXPECT_TRUE(ranges[2].holds(laplacian));
  EXPECT_TRUE(ranges[4].holds(-laplacian));
  EXPECT_FALSE(ranges[2].holds(2 * laplacian));
  EXPECT_TRUE(ranges[0].holds(0.1));
  EXPECT_FALSE(ranges[1].holds(1.5));
}

TEST(ValueRange, FirstOutsideIsFoundWithTheRangeOfItsField) {
  const std::vector<ValueRange> ranges{{0, 1}, {10, 11}};
  std::vector<double> values{0.5, 10.5, 0.25, 10.25, 1, 11};
  EXPECT_EQ(first_outside(values, ranges), std::nullopt);
  values[3] = 0.25;
  values[4] = 2;
  EXPECT_EQ(first_outside(values, ranges), 3U);
  EXPECT_EQ(first_outside(std::vector<double>{0, 1, std::nan("")}, std::vector<ValueRange>{{0, 1}}), 2U);
}

}  // namespace
}  // namespace lenswright
