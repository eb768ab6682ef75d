#include "geometry/light_cone.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "geometry/cosmology.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

TEST(LightCone, SlabsOfTheRealCampaignStandWhereTheContractSays) {
  const LightCone cone = make_light_cone(0.3089, 205.0, 20, 2, std::nullopt);
  ASSERT_EQ(cone.planes, 40);
  ASSERT_EQ(cone.chi.size(), 41U);
  ASSERT_EQ(cone.a.size(), 41U);
  ASSERT_EQ(cone.chi_out.size(), 40U);
  EXPECT_EQ(cone.chi[0], 0.0);
  EXPECT_EQ(cone.a[0], 1.0);
  for (std::size_t p = 1; p <= 40; ++p) {
    EXPECT_EQ(cone.chi[p], (static_cast<double>(p) - 0.5) * 102.5);
    EXPECT_EQ(cone.chi_out[p - 1], static_cast<double>(p) * 102.5);
    EXPECT_LT(cone.a[p], cone.a[p - 1]);
  }
}

TEST(LightCone, SourceRedshiftsAreThoseOfThePublicMaps) {
  // The public table is rounded to six decimals.
  constexpr double kTableTolerance = 1e-6;
  const LightCone cone = make_light_cone(0.3089, 205.0, 20, 2, std::nullopt);
  std::ifstream table(test::reference("kappatng_zs.dat"));
  std::vector<double> redshifts;
  for (double z = 0; table >> z;) redshifts.push_back(z);
  ASSERT_EQ(redshifts.size(), cone.z_source.size());
  for (std::size_t s = 0; s < redshifts.size(); ++s)
    EXPECT_NEAR(cone.z_source[s], redshifts[s], kTableTolerance) << "source plane " << s + 1;
}

TEST(LightCone, GivenRedshiftsSetScaleFactorsButNotDistancesOrSources) {
  const std::vector<double> redshifts{0.017, 0.052};
  const LightCone given = make_light_cone(0.3089, 205.0, 1, 2, redshifts);
  const LightCone computed = make_light_cone(0.3089, 205.0, 1, 2, std::nullopt);
  EXPECT_EQ(given.a, (std::vector<double>{1.0, 1.0 / 1.017, 1.0 / 1.052}));
  EXPECT_EQ(given.chi, computed.chi);
  EXPECT_EQ(given.chi_out, computed.chi_out);
  EXPECT_EQ(given.z_source, computed.z_source);
  EXPECT_NE(given.a, computed.a);
}

TEST(LightCone, OnePlanePerSnapshotIsAsThickAsTheBox) {
  const LightCone cone = make_light_cone(0.3, 50.0, 3, 1, std::nullopt);
  EXPECT_EQ(cone.chi, (std::vector<double>{0.0, 25.0, 75.0, 125.0}));
  EXPECT_EQ(cone.chi_out, (std::vector<double>{50.0, 100.0, 150.0}));
}

}  // namespace
}  // namespace lenswright
