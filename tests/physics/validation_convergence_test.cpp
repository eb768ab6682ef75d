// What changes when grids get finer and slabs thinner: nothing but errors, and those at the order they should.
#include <gtest/gtest.h>

#include "fourier_lens.hpp"
#include "geometry/cosmology.hpp"
#include "geometry/light_cone.hpp"
#include "lens_stack.hpp"
#include "validation_output.hpp"

namespace lenswright {
namespace {

using test::FourierLens;
using test::kBoxMpcH;
using test::LensStack;
using test::Rays;
using test::Traced;

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, std::abs(a[k] - b[k]));
  return worst;
}

TEST(ValidationConvergence, PlaneGridAtTheOrderOfTheInterpolation) {
  // One plane of smooth structure, rays anywhere between the nodes.
  constexpr double kChi = 2000, kChiSource = 4000, kA = 0.5;
  std::mt19937 random(31);
  const FourierLens lens = test::random_modes(12, 5, 1.0, random);
  const Rays rays = test::square_field(40, 0.07);
  std::vector<double> expected;
  double scale = 0;
  for (std::size_t r = 0; r < rays.size(); ++r) {
    const double x = kChi * rays.x[r], y = kChi * rays.y[r];
    expected.push_back(kChi / kA * (kChiSource - kChi) / kChiSource *
                       (lens.derivative(2, 0, x, y) + lens.derivative(0, 2, x, y)) / 2);
    scale = std::max(scale, std::abs(expected.back()));
  }
  struct Scheme {
    Interpolation interpolation;
    const char* name;
    double order;
  };
  nlohmann::json points = nlohmann::json::array();
  for (const Scheme& scheme : {Scheme{Interpolation::nearest, "nearest", 1},
                               {Interpolation::bilinear, "bilinear", 2},
                               {Interpolation::bicubic, "bicubic", 3}}) {
    std::vector<double> errors;
    for (const int grid : {64, 128, 256, 512, 1024}) {
      LensStack stack;
      stack.add(kChi, kA, lens.mass(grid), {});
      const Traced traced = stack.trace(rays, kChiSource, TracingMethod::full, scheme.interpolation);
      errors.push_back(largest_difference(traced.map(LensingMap::kappa), expected) / scale);
      points.push_back({{"scheme", scheme.name}, {"grid", grid}, {"error", errors.back()}});
    }
    // From 64 to 1024 pixels four halvings of h; which ray is the worst changes with the grid: a quarter of an order.
    constexpr double kOrder = 0.25;
    EXPECT_NEAR(std::log2(errors.front() / errors.back()) / 4, scheme.order, kOrder) << scheme.name;
  }
  test::write_points("plane_grid", points);
}

TEST(ValidationConvergence, RayGridOnlySamples) {
  // A ray knows nothing of its neighbours: the rays that a finer grid has in common with a coarser one bring the same
  // values, to the rounding of their angles. 3 x 3 rays in the place of one keep it in their middle.
  std::mt19937 random(32);
  std::vector<std::pair<double, FourierLens>> planes;
  LensStack stack;
  for (int p = 0; p < 4; ++p) {
    planes.emplace_back(800.0 + 700 * p, test::random_modes(6, 5, 1.0, random));
    stack.add(planes.back().first, 0.8 - 0.1 * p, planes.back().second.mass(256), {3, {10.0 * p, 20.0}});
  }
  constexpr double kField = 0.08, kChiSource = 4000;
  // The angles' rounding, 1e-17, moves a field by (pixels / h) of its change from pixel to pixel.
  constexpr double kRounding = 1e-13;
  const std::vector<double> coarse =
      stack.trace(test::square_field(27, kField), kChiSource).map(LensingMap::kappa);
  const std::vector<double> fine =
      stack.trace(test::square_field(81, kField), kChiSource).map(LensingMap::kappa);
  for (int i = 0; i < 27; ++i)
    for (int j = 0; j < 27; ++j)
      EXPECT_NEAR(coarse[static_cast<std::size_t>(27 * i + j)],
                  fine[static_cast<std::size_t>(81 * (3 * i + 1) + 3 * j + 1)], kRounding);
}

TEST(ValidationConvergence, MeanOfTheFieldAtSecondOrderInTheRayGrid) {
  // Mean of kappa over the field along straight lines: a product of sinc functions for each mode.
  constexpr double kField = 0.08, kChiSource = 4000, kA = 0.6;
  constexpr int kPlaneGrid = 512;
  std::mt19937 random(33);
  LensStack stack;
  double expected = 0, scale = 0;
  for (int p = 0; p < 3; ++p) {
    const double chi = 1500 + 700 * p;
    const FourierLens lens = test::random_modes(6, 3, 1.0, random);
    stack.add(chi, kA, lens.mass(kPlaneGrid), {});
    const double weight =
        chi / kA * (kChiSource - chi) / kChiSource * FourierLens::poisson_factor() * lens.thickness / 2;
    for (const test::Mode& mode : lens.modes) {
      const auto sinc = [&](int k) {
        const double half = kPi * k * chi * kField / kBoxMpcH;
        return k == 0 ? 1.0 : std::sin(half) / half;
      };
      expected += weight * mode.amplitude * std::cos(mode.phase) * sinc(mode.u) * sinc(mode.v);
      scale += weight * mode.amplitude;
    }
  }
  nlohmann::json points = nlohmann::json::array();
  std::vector<double> errors;
  for (const int side : {8, 16, 32, 64, 128}) {
    const std::vector<double> kappa =
        stack.trace(test::square_field(side, kField), kChiSource, TracingMethod::born, Interpolation::bicubic)
            .map(LensingMap::kappa);
    double mean = 0;
    for (const double value : kappa) mean += value / static_cast<double>(kappa.size());
    errors.push_back(std::abs(mean - expected) / scale);
    points.push_back({{"side", side}, {"error", errors.back()}});
  }
  for (std::size_t k = 1; k < errors.size(); ++k) EXPECT_NEAR(errors[k - 1] / errors[k], 4, 1.0) << k;
  test::write_points("ray_grid", points);
}

TEST(ValidationConvergence, SlabThicknessAtSecondOrder) {
  // Matter continuous along the line of sight, delta(x, chi) = cos(k x) (1 + cos(q chi + p)): slabs of it on planes
  // against the integral along the rays, first order.
  constexpr double kChiSource = 3280, kWave = 2 * kPi * 3 / kBoxMpcH, kDepth = 2 * kPi / 820, kPhase = 0.8;
  constexpr int kGrid = 256;
  const Cosmology cosmology(test::kOmegaM);
  const double factor = FourierLens::poisson_factor() / 2;
  const Rays rays = test::square_field(12, 0.02);

  std::vector<double> expected(rays.size(), 0.0);
  double scale = 0;
  constexpr int kSteps = 1640;  // midpoints of 2 Mpc/h: (q step)^2 / 24, 1e-5 of the integral
  for (int n = 0; n < kSteps; ++n) {
    const double step = kChiSource / kSteps, chi = (n + 0.5) * step;
    const double weight =
        factor * step * chi * (kChiSource - chi) / kChiSource * (1 + cosmology.redshift_at(chi));
    for (std::size_t r = 0; r < rays.size(); ++r)
      expected[r] += weight * std::cos(kWave * chi * rays.x[r]) * (1 + std::cos(kDepth * chi + kPhase));
  }
  for (const double value : expected) scale = std::max(scale, std::abs(value));

  nlohmann::json points = nlohmann::json::array();
  std::vector<double> errors;
  for (const double thickness : {410.0, 205.0, 102.5, 51.25}) {
    LensStack stack;
    for (double front = 0; front < kChiSource - 1; front += thickness) {
      // The slab's mean of what varies along the line of sight.
      const double mean =
          1 + (std::sin(kDepth * (front + thickness) + kPhase) - std::sin(kDepth * front + kPhase)) /
                  (kDepth * thickness);
      const double chi = front + thickness / 2;
      const FourierLens lens{{{3, 0, mean, 0.0}}, kBoxMpcH, thickness};
      stack.add(chi, 1 / (1 + cosmology.redshift_at(chi)), lens.mass(kGrid), {}, kBoxMpcH, thickness);
    }
    const Traced traced = stack.trace(rays, kChiSource, TracingMethod::born, Interpolation::bicubic);
    errors.push_back(largest_difference(traced.map(LensingMap::kappa), expected) / scale);
    points.push_back({{"thickness", thickness}, {"error", errors.back()}});
  }
  for (std::size_t k = 1; k < errors.size(); ++k) EXPECT_NEAR(errors[k - 1] / errors[k], 4, 1.0) << k;
  test::write_points("slab_thickness", points);
}

}  // namespace
}  // namespace lenswright
