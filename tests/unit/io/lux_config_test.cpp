#include "io/lux_config.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "memory_disk.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

// The published table of the existing campaign, rounded to three decimals.
const std::vector<double> kPlaneRedshifts{
    0.017, 0.052, 0.087, 0.123, 0.160, 0.197, 0.236, 0.275, 0.314, 0.355, 0.397, 0.440, 0.484, 0.529,
    0.576, 0.623, 0.673, 0.723, 0.776, 0.830, 0.886, 0.944, 1.003, 1.065, 1.130, 1.197, 1.266, 1.338,
    1.413, 1.492, 1.573, 1.659, 1.748, 1.841, 1.938, 2.041, 2.148, 2.260, 2.379, 2.503};

LuxConfig small_config() {
  return lux_config_of(make_light_cone(0.3, 50.0, 2, 2, std::nullopt));
}

TEST(LuxConfig, OfTheRealCampaignEqualsTheExistingConverterToTheByte) {
  const LightCone cone = make_light_cone(0.3089, 205.0, 20, 2, kPlaneRedshifts);
  EXPECT_EQ(encode_lux_config(lux_config_of(cone)), test::read_file(test::reference("lux_64/config.dat")));
}

TEST(LuxConfig, ComputedScaleFactorsAgreeWithAnIndependentCode) {
  // Both are roots of a numerical integral: a few last bits.
  constexpr double kScaleFactorTolerance = 1e-14;
  const LuxConfig expected = read_lux_config(real_disk(), test::reference("raytrace_64/lux/config.dat"));
  LuxConfig made = lux_config_of(make_light_cone(0.3089, 205.0, 4, 2, std::nullopt));
  ASSERT_EQ(made.a.size(), expected.a.size());
  for (std::size_t p = 0; p < made.a.size(); ++p)
    EXPECT_NEAR(made.a[p], expected.a[p], kScaleFactorTolerance);
  made.a = expected.a;
  EXPECT_EQ(made, expected);
}

TEST(LuxConfig, SizeFollowsFromTheCounts) {
  EXPECT_EQ(lux_config_size(40, 20), 1924U);
  EXPECT_EQ(lux_config_size(8, 4), 404U);
  EXPECT_EQ(encode_lux_config(small_config()).size(), lux_config_size(4, 2));
}

TEST(LuxConfig, ReadsBackEveryField) {
  LuxConfig config = small_config();
  config.box_depth[1] = 51.0;
  config.box_width[0] = 52.0;
  config.proj_dirs[1] = 2;
  config.displacements[5] = 0.25;
  config.flips[3] = 1;
  test::MemoryDisk disk;
  disk.put("/config.dat", encode_lux_config(config));
  EXPECT_EQ(read_lux_config(disk, "/config.dat"), config);
}

TEST(LuxConfig, CutAnywhereOrLongerIsAnError) {
  const std::string bytes = encode_lux_config(small_config());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    test::MemoryDisk disk;
    disk.put("/config.dat", bytes.substr(0, size));
    EXPECT_THROW(read_lux_config(disk, "/config.dat"), FormatError) << size;
  }
  test::MemoryDisk disk;
  disk.put("/config.dat", bytes + "x");
  EXPECT_THROW(read_lux_config(disk, "/config.dat"), FormatError);
}

TEST(LuxConfig, AnyBitFlippedInTheCountsIsAnError) {
  const std::string bytes = encode_lux_config(small_config());
  for (std::size_t bit = 0; bit < 64; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    test::MemoryDisk disk;
    disk.put("/config.dat", damaged);
    EXPECT_THROW(read_lux_config(disk, "/config.dat"), FormatError) << bit;
  }
}

}  // namespace
}  // namespace lenswright
