// Which way is up: angles, axes, symmetries and the periodic wrap, out to the edges of the field.
#include <gtest/gtest.h>

#include "fourier_lens.hpp"
#include "geometry/light_cone.hpp"
#include "lens_stack.hpp"
#include "physics/raytracer.hpp"
#include "validation_output.hpp"

namespace lenswright {
namespace {

using test::FourierLens;
using test::kBoxMpcH;
using test::LensStack;
using test::Rays;
using test::Traced;

constexpr double kField = 5 * kRadiansPerDegree;

TEST(ValidationConventions, FieldOfFiveDegreesIsWiderThanTheBoxFromPlane24On) {
  const LightCone cone = make_light_cone(test::kOmegaM, kBoxMpcH, 20, 2, std::nullopt);
  EXPECT_NEAR(cone.chi[40] * kField / kBoxMpcH, 1.72, 0.005);
  EXPECT_LT(cone.chi[23] * kField, kBoxMpcH);
  EXPECT_GT(cone.chi[24] * kField, kBoxMpcH);
}

// The eight symmetries as matrices, by the words of docs/formats.md: swap x and y first (bit 2), then flip the sign of
// the first (bit 0) and of the second (bit 1) coordinate of the result.
struct Square {
  double m[2][2];
  explicit Square(unsigned symmetry) {
    const bool swap = (symmetry & 4U) != 0;
    const double first = (symmetry & 1U) != 0 ? -1 : 1, second = (symmetry & 2U) != 0 ? -1 : 1;
    m[0][0] = swap ? 0 : first;
    m[0][1] = swap ? first : 0;
    m[1][0] = swap ? second : 0;
    m[1][1] = swap ? 0 : second;
  }
};

TEST(ValidationConventions, EverySymmetryAndShiftAtTheFarthestPlane) {
  // No wrap in the answer: its waves are periodic by themselves. Rays cover the whole field, edges included.
  constexpr int kGrid = 512;
  const LightCone cone = make_light_cone(test::kOmegaM, kBoxMpcH, 20, 2, std::nullopt);
  const double chi = cone.chi[40], a = cone.a[40], chi_s = cone.chi_out[39], g = (chi_s - chi) / chi_s;
  const FourierLens lens{{{3, 2, 0.8, 0.7}, {-1, 4, 0.5, 2.2}, {0, 1, 0.6, 0.3}}};
  const Grid2d<double> mass = lens.mass(kGrid);
  double amplitudes = 0;
  for (const test::Mode& mode : lens.modes) amplitudes += mode.amplitude;
  const double to_map = g * chi / a * FourierLens::poisson_factor() * lens.thickness / 2 * amplitudes;
  // kappa takes half of two second derivatives, each shear component at most as much.
  const double tolerance = lens.bilinear_error(kGrid) * to_map;
  Rays rays = test::square_field(40, kField);
  for (const double edge : {-kField / 2, kField / 2}) {  // and the edges themselves
    rays.add(edge, edge);
    rays.add(edge, -edge);
    rays.add(edge, 0);
    rays.add(0, edge);
  }
  for (unsigned symmetry = 0; symmetry < 8; ++symmetry) {
    const RunTransform frame = draw_run_transform(1992, 3, 40 + static_cast<int>(symmetry), 29, kBoxMpcH);
    LensStack stack;
    stack.add(chi, a, mass, {symmetry, frame.shift});
    const Traced traced = stack.trace(rays, chi_s);
    const Square s(symmetry);
    double worst = 0, worst_angle = 0;
    for (std::size_t r = 0; r < rays.size(); ++r) {
      const double x = s.m[0][0] * chi * rays.x[r] + s.m[0][1] * chi * rays.y[r] + frame.shift[0];
      const double y = s.m[1][0] * chi * rays.x[r] + s.m[1][1] * chi * rays.y[r] + frame.shift[1];
      const double grad[2] = {lens.derivative(1, 0, x, y), lens.derivative(0, 1, x, y)};
      const double cross = lens.derivative(1, 1, x, y);
      const double second[2][2] = {{lens.derivative(2, 0, x, y), cross},
                                   {cross, lens.derivative(0, 2, x, y)}};
      double turned[2] = {0, 0}, tidal[2][2] = {{0, 0}, {0, 0}};  // S^T grad, S^T (second) S
      for (int p = 0; p < 2; ++p)
        for (int q = 0; q < 2; ++q) {
          turned[p] += s.m[q][p] * grad[q];
          for (int k = 0; k < 2; ++k)
            for (int l = 0; l < 2; ++l) tidal[p][q] += s.m[k][p] * second[k][l] * s.m[l][q];
        }
      const double factor = g * chi / a;
      worst = std::max(
          {worst, std::abs(traced.map(LensingMap::kappa)[r] - factor * (tidal[0][0] + tidal[1][1]) / 2),
           std::abs(traced.map(LensingMap::gamma1)[r] - factor * (tidal[0][0] - tidal[1][1]) / 2),
           std::abs(traced.map(LensingMap::gamma2)[r] - factor * tidal[0][1])});
      worst_angle = std::max({worst_angle, std::abs(rays.x[r] - traced.beta_x[r] - g / a * turned[0]),
                              std::abs(rays.y[r] - traced.beta_y[r] - g / a * turned[1])});
    }
    EXPECT_LT(worst, tolerance) << symmetry;
    // Deflections are smaller by k chi than what they make, at least by that of the longest wave.
    EXPECT_LT(worst_angle, tolerance / (chi * 2 * kPi / kBoxMpcH) * 2) << symmetry;
  }
}

TEST(ValidationConventions, OneBlobIsSeenOnceInEachBoxAtItsPlaceInTheMap) {
  // A blob of a pixel at plane 40, no randomization: shift Lt/2. Its copies, one box apart, are where
  // chi beta + Lt/2 = blob + n Lt, in rows i for x and columns j for y, through tiles and back.
  constexpr int kGrid = 256, kSide = 200;
  const LightCone cone = make_light_cone(test::kOmegaM, kBoxMpcH, 20, 2, std::nullopt);
  const double chi = cone.chi[40];
  const int blob_i = 200, blob_j = 20;
  Grid2d<double> mass(kGrid, mean_pixel_mass({kGrid, kBoxMpcH, test::kSlabMpcH, test::kOmegaM}));
  mass(blob_i, blob_j) *= 1000;
  const RunTransform frame{0, {kBoxMpcH / 2, kBoxMpcH / 2}};
  LensStack stack;
  stack.add(chi, cone.a[40], mass, frame);
  Raytracer tracer({kSide, kField}, 1, {LensingMap::kappa}, 1, {}, 1);
  LensPlane plane;
  plane.fields = stack.planes()[0].fields;
  plane.grid = kGrid;
  plane.width_mpc_h = kBoxMpcH;
  PlaneStep step;
  step.chi = chi;
  step.a = cone.a[40];
  step.source = carry_to(0, chi, cone.chi_out[39]);
  tracer.pass(plane, step, std::vector<RunTransform>{frame}, 0);
  const Grid2d<double> kappa = tracer.tiling().untile(tracer.values(0, 0, 0));

  // A ray is 1.77 Mpc/h from the next, a pixel 0.8 wide: only rays within one pixel in x and y see the blob.
  const double pixel = kBoxMpcH / kGrid;
  int seen = 0, expected = 0;
  const auto near_copy = [&](int index, int blob) {
    const double place = chi * (index + 0.5 - kSide / 2.0) * kField / kSide + kBoxMpcH / 2 - blob * pixel;
    return std::abs(place - kBoxMpcH * std::round(place / kBoxMpcH)) < pixel;
  };
  for (int i = 0; i < kSide; ++i)
    for (int j = 0; j < kSide; ++j) {
      const bool near = near_copy(i, blob_i) && near_copy(j, blob_j);
      expected += near;
      seen += kappa(i, j) > 0;
      EXPECT_EQ(kappa(i, j) > 0, near) << i << ' ' << j;
    }
  EXPECT_EQ(seen, expected);
  EXPECT_GE(expected, 2);  // at two places at least: the field is wider than the box
}

TEST(ValidationConventions, NothingHappensAtTheSeam) {
  // Rays a thousandth of a pixel apart across the plane's edges, and a box apart: the field is one and the same.
  constexpr int kGrid = 128;
  constexpr double kChi = 2000, kPixel = kBoxMpcH / kGrid;
  const FourierLens lens{{{2, 1, 1.0, 0.7}, {1, -3, 0.7, 0.1}}};
  LensStack stack;
  stack.add(kChi, 0.5, lens.mass(kGrid), {});
  Rays rays, box_apart;
  for (int n = -2500; n <= 2500; n += 50)
    for (const double y : {0.3 * kPixel, -0.001 * kPixel, kBoxMpcH - 1e-9}) {
      rays.add(n * 0.001 * kPixel / kChi, y / kChi);
      box_apart.add((n * 0.001 * kPixel + kBoxMpcH) / kChi, (y - 2 * kBoxMpcH) / kChi);
    }
  const Traced here = stack.trace(rays, 4000), there = stack.trace(box_apart, 4000);
  constexpr double kRounding = 1e-12;
  const double tolerance =
      kChi / 0.5 / 2 * FourierLens::poisson_factor() * lens.thickness / 2 * 1.7 * lens.bilinear_error(kGrid);
  for (std::size_t r = 0; r < rays.size(); ++r) {
    const double x = kChi * rays.x[r], y = kChi * rays.y[r];
    const double expected = kChi / 0.5 / 2 * (lens.derivative(2, 0, x, y) + lens.derivative(0, 2, x, y)) / 2;
    EXPECT_NEAR(here.map(LensingMap::kappa)[r], expected, tolerance) << x << ' ' << y;
    EXPECT_NEAR(here.map(LensingMap::kappa)[r], there.map(LensingMap::kappa)[r], kRounding);
    EXPECT_NEAR(here.map(LensingMap::gamma2)[r], there.map(LensingMap::gamma2)[r], kRounding);
  }
}

}  // namespace
}  // namespace lenswright
