// The ray-tracing chain from mass planes to maps against independent answers.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "base/units.hpp"
#include "geometry/light_cone.hpp"
#include "geometry/philox.hpp"
#include "light_cone_campaign.hpp"
#include "physics/poisson_fft.hpp"

namespace lenswright {
namespace {

using test::LightConeCampaign;
using test::plane_values;

// Absolute, as docs/formats.md asks for: two codes that sum in another order.
constexpr double kOtherCode = 1e-12;

void expect_near(const std::vector<double>& found, const std::vector<double>& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  double worst = 0;
  for (std::size_t k = 0; k < found.size(); ++k) worst = std::max(worst, std::abs(found[k] - expected[k]));
  EXPECT_LE(worst, tolerance) << what;
}

void expect_reference_maps(const LightConeCampaign& cone) {
  for (const char* source : {"04", "08"})
    for (const char* field : {"kappa", "gamma1_", "gamma2_", "omega"}) {
      const std::string name = std::string(field) + source + ".dat";
      expect_near(plane_values(cone.map(1, name)), plane_values(test::reference("raytrace_64/run/" + name)),
                  kOtherCode, name);
    }
}

TEST(RaytraceReference, MapsOfAnIndependentCodeFromItsPotentials) {
  const LightConeCampaign cone;
  cone.take_reference_potentials();
  const StageOutcome outcome = cone.trace();
  EXPECT_EQ(outcome.made, 1U);
  expect_reference_maps(cone);
}

TEST(RaytraceReference, MapsOfAnIndependentCodeFromItsMassPlanes) {
  const LightConeCampaign cone;
  cone.take_reference_planes();
  EXPECT_EQ(cone.convert().made, 9U);
  cone.trace();
  expect_reference_maps(cone);
}

TEST(RaytracePhysics, UniformPlanesNeitherConvergeNorMagnify) {
  const LightConeCampaign cone({"raytracing.randomize=true"});
  const PoissonGeometry plane{64, 205.0, 102.5, 0.3089};
  for (int p = 0; p < 8; ++p) cone.write_mass_plane(p, Grid2d<double>(64, mean_pixel_mass(plane)));
  cone.convert();
  cone.trace();
  for (const auto& [name, bytes] : cone.files(Stage::raytracing)) {
    for (const double value : plane_values(cone.campaign().raytracing.root / name))
      ASSERT_EQ(value, 0.0) << name;
  }
  EXPECT_EQ(cone.files(Stage::raytracing).size(), 8U);
}

// Mass planes with one Fourier mode: delta = amplitude cos(2 pi (u x + v y) / Lt + phase).
struct Mode {
  int u, v;
  double amplitude, phase;
};

Grid2d<double> mode_plane(const Mode& mode, int grid) {
  const double mean = mean_pixel_mass({grid, 205.0, 102.5, 0.3089});
  Grid2d<double> mass(grid);
  for (int i = 0; i < grid; ++i)
    for (int j = 0; j < grid; ++j)
      mass(i, j) =
          mean * (1 + mode.amplitude * std::cos(2 * kPi * (mode.u * i + mode.v * j) / grid + mode.phase));
  return mass;
}

// kappa of one plane per unit of delta: 3/2 omega_m (H0/c)^2 thickness chi (chi_s - chi) / (chi_s a).
double lensing_weight(const LightCone& cone, std::size_t plane, double chi_s) {
  return 1.5 * 0.3089 * std::pow(100.0 / 299792.458, 2) * 102.5 * cone.chi[plane] *
         (chi_s - cone.chi[plane]) / (chi_s * cone.a[plane]);
}

TEST(RaytracePhysics, OneModeOnOnePlaneGivesItsConvergenceAndShear) {
  constexpr int kGrid = 256, kPlane = 3;
  const Mode mode{3, 2, 0.5, 0.7};
  const LightConeCampaign campaign({"lensplanes.grid=256", "raytracing.sources=[8]"});
  const PoissonGeometry geometry{kGrid, 205.0, 102.5, 0.3089};
  for (int p = 0; p < 8; ++p)
    campaign.write_mass_plane(
        p, p == kPlane - 1 ? mode_plane(mode, kGrid) : Grid2d<double>(kGrid, mean_pixel_mass(geometry)));
  campaign.convert();
  campaign.trace();

  const LightCone cone = make_light_cone(0.3089, 205.0, 4, 2, std::nullopt);
  const double chi = cone.chi[kPlane],
               weight = lensing_weight(cone, kPlane, cone.chi_out[7]) * mode.amplitude;
  const double u2 = mode.u * mode.u, v2 = mode.v * mode.v, uv = mode.u * mode.v;
  std::vector<double> kappa, gamma1, gamma2;
  for (int i = 0; i < 32; ++i)
    for (int j = 0; j < 32; ++j) {
      const double step = 5.0 * kRadiansPerDegree / 32;
      const double x = chi * (i - 15.5) * step + 102.5, y = chi * (j - 15.5) * step + 102.5;
      const double wave = std::cos(2 * kPi * (mode.u * x + mode.v * y) / 205.0 + mode.phase);
      kappa.push_back(weight * wave);
      gamma1.push_back(weight * wave * (u2 - v2) / (u2 + v2));
      gamma2.push_back(weight * wave * 2 * uv / (u2 + v2));
    }
  // The only plane with structure is met along straight lines, so what is left is the error of bilinear
  // interpolation: at most h^2/8 (|f_xx| + |f_yy|) = (2 pi / N)^2 (u^2 + v^2) / 8 of the amplitude.
  const double tolerance = weight * std::pow(2 * kPi / kGrid, 2) * (u2 + v2) / 8;
  expect_near(plane_values(campaign.map(1, "kappa08.dat")), kappa, tolerance, "kappa");
  expect_near(plane_values(campaign.map(1, "gamma1_08.dat")), gamma1, tolerance, "gamma1");
  expect_near(plane_values(campaign.map(1, "gamma2_08.dat")), gamma2, tolerance, "gamma2");
  expect_near(plane_values(campaign.map(1, "omega08.dat")), std::vector<double>(1024, 0.0), 1e-16, "omega");
}

// One mode on each plane, each of another direction.
Mode born_mode(int plane, double amplitude) {
  return {1 + plane % 3, 2 - plane % 4, amplitude, 0.3 * plane};
}

// Largest difference between the traced convergence and the sum over the planes along straight lines, taken from
// the same interpolated fields, and the largest convergence.
std::pair<double, double> born_difference(double amplitude) {
  const LightConeCampaign campaign({"raytracing.sources=[8]"});
  for (int p = 0; p < 8; ++p) campaign.write_mass_plane(p, mode_plane(born_mode(p, amplitude), 64));
  campaign.convert();
  campaign.trace();
  const LightCone cone = make_light_cone(0.3089, 205.0, 4, 2, std::nullopt);
  const double chi_s = cone.chi_out[7];
  std::vector<double> born(1024, 0.0);
  for (int p = 1; p <= 8; ++p) {
    const std::vector<double> fields = plane_values(campaign.file({ProductKind::potential, 0, 0, p}));
    const std::size_t k = static_cast<std::size_t>(p);
    const auto trace_at = [&](int i, int j) {
      const std::size_t pixel = static_cast<std::size_t>(j % 64 + 64 * (i % 64));
      return fields[5 * pixel + 2] + fields[5 * pixel + 4];
    };
    for (int i = 0; i < 32; ++i)
      for (int j = 0; j < 32; ++j) {
        const double step = 5.0 * kRadiansPerDegree / 32, pixel = 205.0 / 64;
        const double x = (cone.chi[k] * (i - 15.5) * step + 102.5) / pixel;
        const double y = (cone.chi[k] * (j - 15.5) * step + 102.5) / pixel;
        const int xi = static_cast<int>(x), yi = static_cast<int>(y);
        const double fx = x - xi, fy = y - yi;
        const double value = (1 - fx) * ((1 - fy) * trace_at(xi, yi) + fy * trace_at(xi, yi + 1)) +
                             fx * ((1 - fy) * trace_at(xi + 1, yi) + fy * trace_at(xi + 1, yi + 1));
        born[static_cast<std::size_t>(32 * i + j)] +=
            value / 2 * cone.chi[k] * (chi_s - cone.chi[k]) / (chi_s * cone.a[k]);
      }
  }
  const std::vector<double> kappa = plane_values(campaign.map(1, "kappa08.dat"));
  double worst = 0, largest = 0;
  for (std::size_t k = 0; k < kappa.size(); ++k) {
    worst = std::max(worst, std::abs(kappa[k] - born[k]));
    largest = std::max(largest, std::abs(born[k]));
  }
  return {worst, largest};
}

TEST(RaytracePhysics, ConvergenceIsTheBornSumAtFirstOrder) {
  const auto [small, kappa_small] = born_difference(0.05);
  const auto [large, kappa_large] = born_difference(0.5);
  // What is left is of second order in the mass contrast: a tenth of the contrast leaves a hundredth of it (to the
  // third order, a few percent here), while the convergence itself is a tenth.
  EXPECT_NEAR(kappa_small / kappa_large, 0.1, 1e-6);
  EXPECT_GT(large, 1e-8);
  EXPECT_NEAR(small / large, 0.01, 0.001);
  EXPECT_LT(small, 0.01 * kappa_small);
}

TEST(RaytracePhysics, ARunAloneIsTheSameAsAmongAll) {
  const LightConeCampaign cone({"raytracing.randomize=true", "raytracing.runs=40", "raytracing.sources=[8]",
                                "raytracing.fields=[kappa]"});
  cone.take_reference_potentials();
  StageRequest one = cone.request(Stage::raytracing);
  one.products = {{ProductKind::run, 0, 0, 37}};
  cone.run(one);
  const std::map<std::string, std::string> alone = cone.files(Stage::raytracing);
  ASSERT_EQ(alone.size(), 1U);
  std::filesystem::remove_all(cone.file({ProductKind::run, 0, 0, 37}));
  cone.trace();
  const std::map<std::string, std::string> all = cone.files(Stage::raytracing);
  EXPECT_EQ(all.size(), 40U);
  for (const auto& [name, bytes] : alone) EXPECT_TRUE(all.at(name) == bytes) << name;
  EXPECT_NE(plane_values(cone.map(36, "kappa08.dat")), plane_values(cone.map(37, "kappa08.dat")));
}

TEST(RaytracePhysics, FewerSourcesAndFieldsGiveTheSameMaps) {
  LightConeCampaign cone;
  cone.take_reference_potentials();
  cone.trace();
  const std::map<std::string, std::string> all = cone.files(Stage::raytracing);
  std::filesystem::remove_all(cone.file({ProductKind::run, 0, 0, 1}));
  cone.configure({"raytracing.sources=[4]", "raytracing.fields=[gamma2]"});
  cone.trace();
  const std::map<std::string, std::string> one = cone.files(Stage::raytracing);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_TRUE(one.begin()->second == all.at("dmo/LP_00/run001/gamma2_04.dat"));
}

}  // namespace
}  // namespace lenswright
