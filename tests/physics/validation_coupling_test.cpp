// Beyond first order: lens-lens coupling, deflected rays, rotation.
//
// Second order, from the equations of docs/formats.md by hand: with g_ks = (chi_s - chi_k) / chi_s,
//   A = 1 - sum_k g_ks U_k + sum_{k > j} g_ks g_jk (U_k U_j + chi_k (alpha_j . grad) U_k) + ...
// alpha = grad(phi) / a and U = chi / a grad grad phi, all at the undeflected ray.
#include <gtest/gtest.h>

#include "fourier_lens.hpp"
#include "geometry/light_cone.hpp"
#include "lens_stack.hpp"
#include "validation_output.hpp"

namespace lenswright {
namespace {

using test::FourierLens;
using test::kBoxMpcH;
using test::LensStack;
using test::Mode;
using test::Rays;
using test::Traced;

struct Matrix {
  double m11 = 0, m12 = 0, m21 = 0, m22 = 0;
  void add(double factor, const Matrix& other) {
    m11 += factor * other.m11;
    m12 += factor * other.m12;
    m21 += factor * other.m21;
    m22 += factor * other.m22;
  }
  double kappa() const { return -(m11 + m22) / 2; }  // of A - 1
  double omega() const { return (m21 - m12) / 2; }
};
Matrix product(const Matrix& a, const Matrix& b) {
  return {a.m11 * b.m11 + a.m12 * b.m21, a.m11 * b.m12 + a.m12 * b.m22, a.m21 * b.m11 + a.m22 * b.m21,
          a.m21 * b.m12 + a.m22 * b.m22};
}

// Planes of known modes at known distances: what the code traces, and what the equations say.
struct KnownStack {
  struct Plane {
    double chi, a;
    FourierLens lens;
  };
  std::vector<Plane> planes;

  LensStack stack(int grid) const {
    LensStack stack;
    for (const Plane& plane : planes) stack.add(plane.chi, plane.a, plane.lens.mass(grid), {});
    return stack;
  }
  Matrix tidal(const Plane& plane, double x, double y) const {
    const double factor = plane.chi / plane.a, cross = factor * plane.lens.derivative(1, 1, x, y);
    return {factor * plane.lens.derivative(2, 0, x, y), cross, cross,
            factor * plane.lens.derivative(0, 2, x, y)};
  }
  Matrix tidal_slope(const Plane& plane, double x, double y, double along_x, double along_y) const {
    const auto slope = [&](int nx, int ny) {
      return plane.chi / plane.a *
             (along_x * plane.lens.derivative(nx + 1, ny, x, y) +
              along_y * plane.lens.derivative(nx, ny + 1, x, y));
    };
    return {slope(2, 0), slope(1, 1), slope(1, 1), slope(0, 2)};
  }
  // A - 1 at first and second order.
  std::pair<Matrix, Matrix> orders(double beta_x, double beta_y, double chi_s) const {
    Matrix first, second;
    for (std::size_t k = 0; k < planes.size() && planes[k].chi < chi_s; ++k) {
      const Plane& plane = planes[k];
      const double x = plane.chi * beta_x, y = plane.chi * beta_y, g_ks = (chi_s - plane.chi) / chi_s;
      const Matrix u = tidal(plane, x, y);
      first.add(-g_ks, u);
      for (std::size_t j = 0; j < k; ++j) {
        const Plane& before = planes[j];
        const double x_j = before.chi * beta_x, y_j = before.chi * beta_y;
        const double g_jk = (plane.chi - before.chi) / plane.chi;
        second.add(g_ks * g_jk, product(u, tidal(before, x_j, y_j)));
        second.add(g_ks * g_jk * plane.chi,
                   tidal_slope(plane, x, y, before.lens.derivative(1, 0, x_j, y_j) / before.a,
                               before.lens.derivative(0, 1, x_j, y_j) / before.a));
      }
    }
    return {first, second};
  }
};

double rms(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}
double largest(const std::vector<double>& values) {
  double worst = 0;
  for (const double value : values) worst = std::max(worst, std::abs(value));
  return worst;
}
std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  for (std::size_t k = 0; k < a.size(); ++k) result[k] = a[k] - b[k];
  return result;
}

TEST(ValidationCoupling, TwoPlanesOfOneModeEachCoupleAtSecondOrder) {
  constexpr int kGrid = 1024;
  constexpr double kChiSource = 3600;
  const Mode near{2, 1, 1.0, 0.4}, far{-1, 3, 1.0, 1.9};
  const KnownStack both{{{1200, 0.70, {{near}}}, {2400, 0.50, {{far}}}}};
  const KnownStack near_only{{both.planes[0], {2400, 0.50, {}}}};
  const KnownStack far_only{{{1200, 0.70, {}}, both.planes[1]}};
  const Rays rays = test::square_field(24, 0.08);
  const Traced traced = both.stack(kGrid).trace(rays, kChiSource);
  const Traced without_far = near_only.stack(kGrid).trace(rays, kChiSource);
  const Traced without_near = far_only.stack(kGrid).trace(rays, kChiSource);

  // What is not there with one of the planes alone is the coupling.
  std::vector<double> kappa, omega, kappa_expected, omega_expected;
  double kappa_first = 0;
  for (std::size_t r = 0; r < rays.size(); ++r) {
    const auto [first, second] = both.orders(rays.x[r], rays.y[r], kChiSource);
    kappa.push_back(traced.map(LensingMap::kappa)[r] - without_far.map(LensingMap::kappa)[r] -
                    without_near.map(LensingMap::kappa)[r]);
    omega.push_back(traced.map(LensingMap::omega)[r]);
    kappa_expected.push_back(second.kappa());
    omega_expected.push_back(second.omega());
    kappa_first = std::max(kappa_first, std::abs(first.kappa()));
  }
  // Two planes have no third order but through the deflection at the second, whose modes are shifted by a phase of
  // k chi g alpha = kappa_near at most, half of it squared: a part kappa of the second order. And interpolation, of
  // both planes' fields.
  const double interpolation =
      both.planes[0].lens.bilinear_error(kGrid) + both.planes[1].lens.bilinear_error(kGrid);
  const double tolerance = kappa_first + 2 * interpolation;
  EXPECT_LT(tolerance, 0.05);
  EXPECT_LT(largest(difference(kappa, kappa_expected)), tolerance * largest(kappa_expected));
  EXPECT_LT(largest(difference(omega, omega_expected)), tolerance * largest(omega_expected));
  // One plane alone does not rotate.
  EXPECT_EQ(largest(without_far.map(LensingMap::omega)), 0);
  EXPECT_EQ(largest(without_near.map(LensingMap::omega)), 0);
}

TEST(ValidationCoupling, JacobianIsTheDerivativeOfTheTracedAngles) {
  // A is carried by second derivatives of the potential, the angles by first ones: they meet in d beta_s / d beta.
  // Central differences over 2 steps of a tenth of a pixel; bicubic, so that fields between nodes are smooth.
  constexpr int kGrid = 512;
  constexpr double kChiSource = 3600, kStep = 0.1 * kBoxMpcH / kGrid / 2400;
  std::mt19937 random(11);
  const KnownStack known{{{900, 0.75, test::random_modes(12, 6, 1.0, random)},
                          {1700, 0.60, test::random_modes(12, 6, 1.0, random)},
                          {2400, 0.50, test::random_modes(12, 6, 1.0, random)}}};
  const LensStack stack = known.stack(kGrid);
  const Rays middle = test::square_field(12, 0.08);
  const auto shifted = [&](double x, double y) {
    Rays rays = middle;
    for (std::size_t r = 0; r < rays.size(); ++r) {
      rays.x[r] += x * kStep;
      rays.y[r] += y * kStep;
    }
    return stack.trace(rays, kChiSource, TracingMethod::full, Interpolation::bicubic);
  };
  const Traced here = shifted(0, 0), right = shifted(1, 0), left = shifted(-1, 0), up = shifted(0, 1),
               down = shifted(0, -1);
  // Keys' cubic convolution errs at third order in k h: 6 modes of 512 pixels, (2 pi 6 / 512)^3 / 10 of the field; its
  // derivative at second order.
  const double interpolation = std::pow(2 * kPi * 6 / kGrid, 2) / 4;
  const double scale = largest(here.map(LensingMap::kappa));
  for (std::size_t r = 0; r < middle.size(); ++r) {
    const double tolerance = interpolation * scale;
    EXPECT_NEAR(here.jacobian[0][r], (right.beta_x[r] - left.beta_x[r]) / (2 * kStep), tolerance);
    EXPECT_NEAR(here.jacobian[1][r], (up.beta_x[r] - down.beta_x[r]) / (2 * kStep), tolerance);
    EXPECT_NEAR(here.jacobian[2][r], (right.beta_y[r] - left.beta_y[r]) / (2 * kStep), tolerance);
    EXPECT_NEAR(here.jacobian[3][r], (up.beta_y[r] - down.beta_y[r]) / (2 * kStep), tolerance);
  }
  // The rotation is a small difference of two elements, in which first-order errors cancel; the second order has the
  // relative error of two interpolated fields.
  std::vector<double> curl;
  for (std::size_t r = 0; r < middle.size(); ++r)
    curl.push_back((right.beta_y[r] - left.beta_y[r] - up.beta_x[r] + down.beta_x[r]) / (4 * kStep));
  EXPECT_LT(largest(difference(curl, here.map(LensingMap::omega))),
            0.05 * largest(here.map(LensingMap::omega)));
}

TEST(ValidationCoupling, OnlyRotationBreaksTheSymmetryOfTheJacobian) {
  std::mt19937 random(12);
  KnownStack known;
  for (int p = 0; p < 6; ++p)
    known.planes.push_back({600.0 + 500 * p, 0.8 - 0.08 * p, test::random_modes(12, 8, 1.0, random)});
  const LensStack stack = known.stack(512);
  const Rays rays = test::square_field(24, 0.08);
  const Traced full = stack.trace(rays, 4000), born = stack.trace(rays, 4000, TracingMethod::born);
  std::vector<double> expected;
  for (std::size_t r = 0; r < rays.size(); ++r) {
    // Along straight lines and at first order, A is symmetric to the last bit.
    EXPECT_EQ(born.jacobian[1][r], born.jacobian[2][r]);
    EXPECT_EQ(born.map(LensingMap::omega)[r], 0);
    EXPECT_EQ(full.map(LensingMap::omega)[r], (full.jacobian[2][r] - full.jacobian[1][r]) / 2);
    expected.push_back(known.orders(rays.x[r], rays.y[r], 4000).second.omega());
  }
  // The rest is the rotation, which starts at second order; at third, kappa of it.
  const double kappa = largest(full.map(LensingMap::kappa));
  EXPECT_LT(rms(difference(full.map(LensingMap::omega), expected)), 2 * kappa * rms(expected));
}

TEST(ValidationCoupling, FullTracingLeavesBornBySecondOrderAtEverySource) {
  constexpr int kGrid = 256, kPlanes = 40, kLargestMode = 8;
  const LightCone cone = make_light_cone(test::kOmegaM, kBoxMpcH, 20, 2, std::nullopt);
  std::mt19937 random(13);
  KnownStack known;
  for (std::size_t p = 1; p <= kPlanes; ++p)
    known.planes.push_back(
        {cone.chi[p], cone.a[p], test::random_modes(6, kLargestMode, 0.5 * cone.a[p], random)});
  const LensStack stack = known.stack(kGrid);
  const Rays rays = test::square_field(16, 5 * kRadiansPerDegree);
  // What deflected rays see first is the slope of the interpolated fields, and Keys' convolution has it to second
  // order in k h.
  const double interpolation = std::pow(2 * kPi * kLargestMode / kGrid, 2);
  nlohmann::json points = nlohmann::json::array();
  for (std::size_t s = 4; s <= kPlanes; s += 4) {
    const double chi_s = cone.chi_out[s - 1];
    const Traced full = stack.trace(rays, chi_s, TracingMethod::full, Interpolation::bicubic);
    const Traced born = stack.trace(rays, chi_s, TracingMethod::born, Interpolation::bicubic);
    const std::vector<double> beyond = difference(full.map(LensingMap::kappa), born.map(LensingMap::kappa));
    std::vector<double> first, second, omega;
    for (std::size_t r = 0; r < rays.size(); ++r) {
      const auto [one, two] = known.orders(rays.x[r], rays.y[r], chi_s);
      first.push_back(one.kappa());
      second.push_back(two.kappa());
      omega.push_back(two.omega());
    }
    EXPECT_LT(rms(difference(born.map(LensingMap::kappa), first)), interpolation * rms(first)) << s;
    // What is left is of third order, to the second about what the second is to the first.
    const double third = 2 * rms(second) / rms(first) + interpolation;
    EXPECT_LT(rms(difference(beyond, second)), third * rms(second)) << s;
    EXPECT_LT(rms(difference(full.map(LensingMap::omega), omega)), third * rms(omega)) << s;
    points.push_back({{"z", cone.z_source[s - 1]},
                      {"kappa", rms(born.map(LensingMap::kappa))},
                      {"beyond_born", rms(beyond)},
                      {"second_order", rms(second)},
                      {"left", rms(difference(beyond, second))},
                      {"omega", rms(full.map(LensingMap::omega))},
                      {"omega_second_order", rms(omega)}});
  }
  test::write_points("born", points);
}

}  // namespace
}  // namespace lenswright
