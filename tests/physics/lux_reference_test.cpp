// lux_convert against the products of the converter that made the existing campaign.
#include <gtest/gtest.h>

#include <cmath>

#include "light_cone_campaign.hpp"

namespace lenswright {
namespace {

using test::LightConeCampaign;
using test::plane_values;

// Of each field's maximum, as docs/formats.md asks for: another FFT rounds differently.
constexpr double kOtherTransform = 1e-14;

// The published redshifts of the 40 planes of the existing campaign, rounded to three decimals.
constexpr const char* kPlaneRedshifts =
    "plane_redshifts=[0.017, 0.052, 0.087, 0.123, 0.160, 0.197, 0.236, 0.275, 0.314, 0.355, 0.397, 0.440, "
    "0.484, "
    "0.529, 0.576, 0.623, 0.673, 0.723, 0.776, 0.830, 0.886, 0.944, 1.003, 1.065, 1.130, 1.197, 1.266, "
    "1.338, "
    "1.413, 1.492, 1.573, 1.659, 1.748, 1.841, 1.938, 2.041, 2.148, 2.260, 2.379, 2.503]";
constexpr const char* kSnapshots =
    "snapshots=[96, 90, 85, 80, 76, 71, 67, 63, 59, 56, 52, 49, 46, 43, 41, 38, 35, 33, 31, 29]";

TEST(LuxReference, GeometryIsTheExistingConvertersToTheByte) {
  const LightConeCampaign cone({kSnapshots, kPlaneRedshifts});
  StageRequest request = cone.request(Stage::lux);
  request.products = {{ProductKind::geometry, 0, 0, 0}};
  cone.run(request);
  EXPECT_TRUE(test::read_file(cone.file(request.products[0])) ==
              test::read_file(test::reference("lux_64/config.dat")));
}

TEST(LuxReference, PotentialIsTheExistingConvertersToRounding) {
  const LightConeCampaign cone;
  const ProductId potential{ProductKind::potential, 0, 0, 1};
  const ProductId mass{ProductKind::mass_plane, 0, 0, 0};
  test::write_file(cone.file(mass), test::read_file(test::reference("lux_64/lenspot00.dat")));
  StageRequest request = cone.request(Stage::lux);
  request.products = {potential};
  cone.run(request);

  const std::string reference = test::read_file(test::reference("lux_64/lenspot01.dat"));
  const std::string made = test::read_file(cone.file(potential));
  ASSERT_EQ(made.size(), reference.size());
  EXPECT_EQ(made.substr(0, 4), reference.substr(0, 4));
  EXPECT_EQ(made.substr(made.size() - 4), reference.substr(made.size() - 4));
  const std::vector<double> found = plane_values(cone.file(potential));
  const std::vector<double> expected = plane_values(test::reference("lux_64/lenspot01.dat"));
  for (std::size_t field = 0; field < 5; ++field) {
    double largest = 0, worst = 0;
    for (std::size_t k = field; k < found.size(); k += 5) {
      largest = std::max(largest, std::abs(expected[k]));
      worst = std::max(worst, std::abs(found[k] - expected[k]));
    }
    EXPECT_LE(worst, kOtherTransform * largest) << "field " << field;
  }
}

TEST(LuxReference, ScaleFactorsWithoutAListComeFromTheCosmology) {
  const LightConeCampaign cone;
  StageRequest request = cone.request(Stage::lux);
  request.products = {{ProductKind::geometry, 0, 0, 0}};
  cone.run(request);
  // Scale factors of another code's integration of the same distances.
  constexpr double kOtherIntegration = 1e-11;
  const std::string made = test::read_file(cone.file(request.products[0]));
  const std::string reference = test::read_file(test::reference("raytrace_64/lux/config.dat"));
  ASSERT_EQ(made.size(), reference.size());
  constexpr std::size_t kScaleFactors = 9;
  std::array<double, kScaleFactors> found{}, expected{};
  std::memcpy(found.data(), made.data() + 8, sizeof(found));
  std::memcpy(expected.data(), reference.data() + 8, sizeof(expected));
  for (std::size_t p = 0; p < kScaleFactors; ++p) EXPECT_NEAR(found[p], expected[p], kOtherIntegration) << p;
  EXPECT_TRUE(made.substr(8 + sizeof(found)) == reference.substr(8 + sizeof(found)));
}

}  // namespace
}  // namespace lenswright
