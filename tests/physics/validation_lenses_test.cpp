// Lenses with known deflection, convergence and shear, put on a plane and traced.
//
// A plane is periodic and its mean is taken out. Both are part of the answer: outside of themselves, axisymmetric
// images pull like points, and the field of a square lattice of points over an even background of opposite sign is a
// Weierstrass zeta function. So there is nothing left to be made negligible: what remains is the grid.
#include <gtest/gtest.h>

#include <complex>
#include <functional>

#include "fourier_lens.hpp"
#include "lens_stack.hpp"
#include "physics/mass_assignment.hpp"
#include "validation_output.hpp"

namespace lenswright {
namespace {

using test::FourierLens;
using test::kBoxMpcH;
using test::LensStack;
using test::Rays;
using test::Traced;
using Complex = std::complex<double>;

constexpr int kGrid = 1024;
constexpr double kPixel = kBoxMpcH / kGrid;
constexpr double kChi = 1500, kScaleFactor = 0.6, kChiSource = 3000;
constexpr double kLensEfficiency = (kChiSource - kChi) / kChiSource;
// Newton's constant in (km/s)^2 Mpc / Msun (CODATA 2018 and IAU 2015), apart from the code's critical density.
constexpr double kNewton = 4.300917270e-9;
const double kBending = 4 * kNewton / std::pow(299792.458, 2);  // 4 G / c^2
// The contract's critical density has nine digits; with G known to six, they agree this well.
constexpr double kConstants = 2e-6;
// Of lens on a plane; not on a pixel, not in the middle.
constexpr double kCentreX = 400.37 * kPixel, kCentreY = 611.81 * kPixel;

TEST(ValidationLenses, ConstantsOfTheContractAreThoseOfNature) {
  // 4 pi G / c^2 from the contract: 3/2 (H0/c)^2 / rho_crit0.
  const double contract = 1.5 * std::pow(kHubbleKmSMpcH / kSpeedOfLightKmS, 2) / kRhoCritical0;
  EXPECT_NEAR(contract / (kPi * kBending), 1, kConstants);
}

// What a lens does at a point: gradient and second derivatives of its potential.
struct LensField {
  double x = 0, y = 0, xx = 0, xy = 0, yy = 0;
};

// phi = ln|z| summed over a square lattice of period L, over an even background, without the point at the origin.
LensField images(Complex z) {
  const double side = kBoxMpcH;
  Complex zeta = kPi * z / (side * side) + kPi / side / std::tan(kPi * z / side);
  Complex slope = kPi / (side * side) - std::pow(kPi / side / std::sin(kPi * z / side), 2);
  double nome = 1;
  for (int n = 1; n <= 12; ++n) {
    nome *= std::exp(-2 * kPi);
    const double weight = 4 * kPi / side * nome / (1 - nome), k = 2 * kPi * n / side;
    zeta += weight * std::sin(k * z);
    slope += weight * k * std::cos(k * z);
  }
  const Complex pull = zeta - kPi * std::conj(z) / (side * side) - 1.0 / z;
  slope += 1.0 / (z * z);
  const double background = kPi / (side * side);
  return {pull.real(), -pull.imag(), slope.real() - background, -slope.imag(), -slope.real() - background};
}

struct AxisymmetricLens {
  double mass;                             // all of it, Msun/h
  double edge;                             // no mass beyond, Mpc/h
  std::function<double(double)> surface;   // Msun/h per (Mpc/h)^2 at a radius
  std::function<double(double)> enclosed;  // Msun/h within a radius

  LensField field(double x, double y) const {
    const double r = std::hypot(x, y), cosine = x / r, sine = y / r;
    const double pull = kBending * enclosed(r) / r;
    const double second = 2 * kPi * kBending * (r < edge ? surface(r) : 0.0) - pull / r;  // phi''
    const double across = pull / r;                                                       // phi' / r
    const LensField rest = images({x, y});
    const double strength = kBending * mass;
    return {pull * cosine + strength * rest.x, pull * sine + strength * rest.y,
            second * cosine * cosine + across * sine * sine + strength * rest.xx,
            (second - across) * cosine * sine + strength * rest.xy,
            second * sine * sine + across * cosine * cosine + strength * rest.yy};
  }

  // Mass per pixel over an even background: the integral of the surface density over the pixel around each node.
  Grid2d<double> plane() const {
    Grid2d<double> mass_plane(kGrid, mean_pixel_mass({kGrid, kBoxMpcH, test::kSlabMpcH, test::kOmegaM}));
    for (int i = 0; i < kGrid; ++i)
      for (int j = 0; j < kGrid; ++j) {
        const double x = i * kPixel - kCentreX, y = j * kPixel - kCentreY, r = std::hypot(x, y);
        if (r > edge + kPixel) continue;
        // Finer where the profile is steep or ends.
        const int parts = r < kPixel ? 512 : r < 6 * kPixel || std::abs(r - edge) < kPixel ? 32 : 4;
        double sum = 0;
        for (int p = 0; p < parts; ++p)
          for (int q = 0; q < parts; ++q) {
            const double s =
                std::hypot(x + ((p + 0.5) / parts - 0.5) * kPixel, y + ((q + 0.5) / parts - 0.5) * kPixel);
            if (s < edge) sum += surface(s);
          }
        mass_plane(i, j) += sum * std::pow(kPixel / parts, 2);
      }
    return mass_plane;
  }
};

// Structure that the pixels resolve: convolved with a Gaussian of kSmoothing pixels. A cusp on the bare grid rings at
// the Nyquist frequency along the grid's axes (10 to 20 % of the shear of a lens that ends in one pixel); smoothed,
// e^-11 of that is left.
constexpr double kSmoothing = 1.5;
Grid2d<double> smoothed(const Grid2d<double>& plane) {
  constexpr int kReach = 12;
  std::array<double, 2 * kReach + 1> kernel{};
  double sum = 0;
  for (int k = -kReach; k <= kReach; ++k)
    sum += kernel[static_cast<std::size_t>(k + kReach)] = std::exp(-k * k / (2 * kSmoothing * kSmoothing));
  Grid2d<double> rows(kGrid), both(kGrid);
  for (int i = 0; i < kGrid; ++i)
    for (int j = 0; j < kGrid; ++j)
      for (int k = -kReach; k <= kReach; ++k)
        rows(i, j) += kernel[static_cast<std::size_t>(k + kReach)] / sum * plane(i, (j + k + kGrid) % kGrid);
  for (int i = 0; i < kGrid; ++i)
    for (int k = -kReach; k <= kReach; ++k)
      for (int j = 0; j < kGrid; ++j)
        both(i, j) += kernel[static_cast<std::size_t>(k + kReach)] / sum * rows((i + k + kGrid) % kGrid, j);
  return both;
}

// Largest deviations from the answer on circles around the lens, as parts of what the lens alone does there.
struct Circle {
  double radius;
  double deflection = 0, kappa = 0, shear = 0;
  double deflection_found = 0, kappa_found = 0, shear_found = 0;           // means over the circle, radial or
  double deflection_expected = 0, kappa_expected = 0, shear_expected = 0;  // tangential; with images
  double deflection_lens = 0, kappa_lens = 0, shear_lens = 0;              // of the lens alone
};

std::vector<Circle> circles(const AxisymmetricLens& lens, const Grid2d<double>& mass,
                            const std::vector<double>& radii) {
  constexpr int kAzimuths = 64;
  LensStack stack;
  stack.add(kChi, kScaleFactor, mass, {0, {kCentreX, kCentreY}});
  Rays rays;
  for (const double radius : radii)
    for (int n = 0; n < kAzimuths; ++n) {
      const double azimuth = 2 * kPi * (n + 0.31) / kAzimuths;
      rays.add(radius * std::cos(azimuth) / kChi, radius * std::sin(azimuth) / kChi);
    }
  const Traced traced = stack.trace(rays, kChiSource);
  std::vector<Circle> result;
  const double to_angle = kLensEfficiency / kScaleFactor, to_map = kLensEfficiency * kChi / kScaleFactor;
  for (std::size_t c = 0; c < radii.size(); ++c) {
    Circle circle{radii[c]};
    const double r = radii[c];
    circle.deflection_lens = to_angle * kBending * lens.enclosed(r) / r;
    circle.kappa_lens = to_map * kPi * kBending * (r < lens.edge ? lens.surface(r) : 0.0);
    circle.shear_lens = to_map * kBending * lens.enclosed(r) / (r * r) - circle.kappa_lens;
    for (std::size_t n = c * kAzimuths; n < (c + 1) * kAzimuths; ++n) {
      const double x = rays.x[n] * kChi, y = rays.y[n] * kChi;
      const LensField field = lens.field(x, y);
      const double deflection_x = rays.x[n] - traced.beta_x[n], deflection_y = rays.y[n] - traced.beta_y[n];
      const double kappa = traced.map(LensingMap::kappa)[n];
      const double gamma1 = traced.map(LensingMap::gamma1)[n], gamma2 = traced.map(LensingMap::gamma2)[n];
      circle.deflection = std::max(circle.deflection, std::hypot(deflection_x - to_angle * field.x,
                                                                 deflection_y - to_angle * field.y));
      circle.kappa = std::max(circle.kappa, std::abs(kappa - to_map * (field.xx + field.yy) / 2));
      circle.shear = std::max(
          circle.shear, std::hypot(gamma1 - to_map * (field.xx - field.yy) / 2, gamma2 - to_map * field.xy));
      circle.deflection_found += (deflection_x * x + deflection_y * y) / r / kAzimuths;
      circle.deflection_expected += to_angle * (field.x * x + field.y * y) / r / kAzimuths;
      circle.kappa_found += kappa / kAzimuths;
      circle.kappa_expected += to_map * (field.xx + field.yy) / 2 / kAzimuths;
      // gamma1 and gamma2 are half phi_xx - phi_yy and phi_xy: negative along the radius of a lens.
      const auto tangential = [&](double g1, double g2) {
        return -(g1 * (x * x - y * y) + g2 * 2 * x * y) / (r * r);
      };
      circle.shear_found += tangential(gamma1, gamma2) / kAzimuths;
      circle.shear_expected += to_map * tangential((field.xx - field.yy) / 2, field.xy) / kAzimuths;
    }
    circle.deflection /= circle.deflection_lens;
    circle.shear /= circle.shear_lens;
    if (circle.kappa_lens > 0) circle.kappa /= circle.kappa_lens;
    result.push_back(circle);
  }
  return result;
}

void write_circles(const std::string& name, const std::vector<Circle>& circles) {
  nlohmann::json points = nlohmann::json::array();
  for (const Circle& c : circles)
    points.push_back({{"radius_pixels", c.radius / kPixel},
                      {"deflection_error", c.deflection},
                      {"kappa_error", c.kappa},
                      {"shear_error", c.shear},
                      {"deflection", c.deflection_found},
                      {"kappa", c.kappa_found},
                      {"shear", c.shear_found},
                      {"deflection_expected", c.deflection_expected},
                      {"kappa_expected", c.kappa_expected},
                      {"shear_expected", c.shear_expected}});
  test::write_points(name, points);
}

std::vector<double> radii(double first_pixels, double last_pixels, int count) {
  std::vector<double> values;
  for (int k = 0; k < count; ++k)
    values.push_back(kPixel * first_pixels * std::pow(last_pixels / first_pixels, k / (count - 1.0)));
  return values;
}

TEST(ValidationLenses, LatticeSumIsPeriodicAndOfTheRightCurvature) {
  // The answer itself: the sum with its point at the origin has the plane's period, and its images alone, seen
  // from the middle, are an even background and nothing else (the square's symmetry leaves no shear).
  constexpr double kRounding = 1e-12;
  const Complex z(31.0, -120.0);
  for (const Complex shifted : {z - kBoxMpcH, z + Complex(0, kBoxMpcH)}) {
    const LensField here = images(z), there = images(shifted);
    const Complex point = 1.0 / z, moved = 1.0 / shifted;
    EXPECT_NEAR(here.x + point.real(), there.x + moved.real(), kRounding);
    EXPECT_NEAR(here.y - point.imag(), there.y - moved.imag(), kRounding);
  }
  const LensField middle = images({1e-3, 0});
  EXPECT_NEAR(middle.xx, -kPi / (kBoxMpcH * kBoxMpcH), 1e-9);
  EXPECT_NEAR(middle.yy, -kPi / (kBoxMpcH * kBoxMpcH), 1e-9);
}

// Bilinear interpolation errs by h^2/8 (|f_xx| + |f_yy|) at most, a pixel's average by h^2/24 laplace(f), and the
// smoothing by sigma^2/2 laplace(f) (sigma = 1.5 h). For fields that fall as powers of the radius, up to 1/r^2 with
// azimuthal harmonics up to the second, these add up to less than kNearLens (h/r)^2 of the field; the edge at which
// the profiles are cut off leaves kEdge of it.
constexpr double kNearLens = 7, kEdge = 2e-4;
void expect_lens(const std::vector<Circle>& found) {
  for (const Circle& c : found) {
    const double tolerance = kNearLens * std::pow(kPixel / c.radius, 2) + kEdge;
    EXPECT_LT(c.deflection, tolerance) << c.radius / kPixel;
    EXPECT_LT(c.kappa, tolerance) << c.radius / kPixel;
    EXPECT_LT(c.shear, tolerance) << c.radius / kPixel;
  }
}

TEST(ValidationLenses, Gaussian) {
  static constexpr double kMass = 1e16, kWidth = 16 * kPixel;
  const AxisymmetricLens lens{
      kMass, 9 * kWidth,  // beyond, e^-40 of the mass
      [](double r) { return kMass / (2 * kPi * kWidth * kWidth) * std::exp(-r * r / (2 * kWidth * kWidth)); },
      [](double r) { return -kMass * std::expm1(-r * r / (2 * kWidth * kWidth)); }};
  const std::vector<Circle> found = circles(lens, lens.plane(), radii(2, 48, 12));
  write_circles("gaussian", found);
  // Second derivatives of a Gaussian are largest in its middle, -1/width^2 of it: interpolation leaves 1/4, the
  // average over a pixel 1/12 of (h / width)^2 of the peak.
  const double tolerance = 0.34 * std::pow(kPixel / kWidth, 2);
  const double peak = kLensEfficiency * kChi / kScaleFactor * kPi * kBending * lens.surface(0);
  for (const Circle& c : found) {
    EXPECT_LT(c.kappa * c.kappa_lens, tolerance * peak) << c.radius / kPixel;
    EXPECT_LT(c.shear * c.shear_lens, tolerance * peak) << c.radius / kPixel;
    EXPECT_LT(c.deflection, tolerance) << c.radius / kPixel;
  }
}

TEST(ValidationLenses, SingularIsothermalSphere) {
  static constexpr double kDispersion = 1500.0, kCut = 60.0;  // km/s, Mpc/h
  const AxisymmetricLens lens{
      kPi * kDispersion * kDispersion * kCut / kNewton, kCut,
      [](double r) { return kDispersion * kDispersion / (2 * kNewton * r); },
      [](double r) { return kPi * kDispersion * kDispersion * std::min(r, kCut) / kNewton; }};
  // The deflection is the same everywhere: 4 pi sigma^2 / c^2.
  EXPECT_NEAR(kBending * lens.enclosed(3.0) / 3.0, 4 * kPi * std::pow(kDispersion / 299792.458, 2), 1e-15);
  const std::vector<Circle> found = circles(lens, smoothed(lens.plane()), radii(10, 150, 12));
  write_circles("singular_isothermal_sphere", found);
  expect_lens(found);
}

// Bartelmann 1996, A&A 313, 697, eqs. 7-8; Wright & Brainerd 2000, ApJ 534, 34, eqs. 11 and 13: surface density
// in units of 2 rho_s r_s, and mass within in units of 4 pi rho_s r_s^3.
double nfw_surface(double x) {
  if (x < 1) return (1 - 2 / std::sqrt(1 - x * x) * std::atanh(std::sqrt((1 - x) / (1 + x)))) / (x * x - 1);
  if (x > 1) return (1 - 2 / std::sqrt(x * x - 1) * std::atan(std::sqrt((x - 1) / (1 + x)))) / (x * x - 1);
  return 1.0 / 3;
}
double nfw_enclosed(double x) {
  const double log_half = std::log(x / 2);
  if (x < 1) return log_half + 2 / std::sqrt(1 - x * x) * std::atanh(std::sqrt((1 - x) / (1 + x)));
  if (x > 1) return log_half + 2 / std::sqrt(x * x - 1) * std::atan(std::sqrt((x - 1) / (1 + x)));
  return log_half + 1;
}

TEST(ValidationLenses, NfwProfile) {
  // Scale radius in Mpc/h, density in Msun/h / (Mpc/h)^3.
  static constexpr double kScaleRadius = 20.3 * kPixel, kDensity = 2e13, kCut = 60.0;
  const auto enclosed = [](double r) {
    return 4 * kPi * kDensity * std::pow(kScaleRadius, 3) * nfw_enclosed(std::min(r, kCut) / kScaleRadius);
  };
  const AxisymmetricLens lens{
      enclosed(kCut), kCut,
      [](double r) { return 2 * kScaleRadius * kDensity * nfw_surface(r / kScaleRadius); }, enclosed};
  const std::vector<Circle> found = circles(lens, smoothed(lens.plane()), radii(10, 150, 12));
  write_circles("nfw", found);
  expect_lens(found);
}

// One particle, put on the plane by the code that puts particles on planes.
Grid2d<double> particle_plane(double mass) {
  const MassQuantum quantum(test::kOmegaM, kBoxMpcH);
  MassAssignment assignment(MassKernel::tsc, kGrid, kBoxMpcH, 1, 1);
  ParticleBatch batch;
  const std::vector<std::array<double, 3>> positions{{kCentreX, kCentreY, 50.0}};
  batch.append(positions, std::vector<double>{mass}, quantum);
  QuantaPlane quanta(kGrid);
  const std::array<std::int64_t*, 1> planes{quanta.data()};
  SnapshotTransform transform;
  transform.proj_dir = 2;
  assignment.add(batch, transform, planes);
  Grid2d<double> plane(kGrid, mean_pixel_mass({kGrid, kBoxMpcH, test::kSlabMpcH, test::kOmegaM}));
  for (std::size_t k = 0; k < plane.size(); ++k) plane[k] += quantum.mass_of(quanta[k]);
  return plane;
}

const AxisymmetricLens kPoint{1e15, 0, [](double) { return 0.0; }, [](double) { return 1e15; }};

TEST(ValidationLenses, PointMass) {
  const std::vector<Circle> found =
      circles(kPoint, smoothed(particle_plane(kPoint.mass)), radii(10, 200, 12));
  write_circles("point_mass", found);
  expect_lens(found);
  // Beyond the smoothed particle itself there is no mass, but the mean that was taken out.
  const double background = -kLensEfficiency * kChi / kScaleFactor * kPi * kBending * kPoint.mass;
  for (const Circle& c : found) {
    if (c.radius <= 12 * kPixel) continue;
    EXPECT_NEAR(c.kappa_found / background * std::pow(kBoxMpcH, 2), 1, 1e-5) << c.radius / kPixel;
  }
}

TEST(ValidationLenses, OneParticleIsAPointMassOnAverageOverACircle) {
  // Not smoothed: the particle's TSC cloud is all that limits its frequencies, and waves of the Nyquist frequency run
  // out along the axes. Around the circle they cancel, as the number of pixels that it crosses grows; 1 % is
  // left far out, where the shear itself is small beside that of the images.
  constexpr double kLeftOver = 0.25;
  const std::vector<Circle> found = circles(kPoint, particle_plane(kPoint.mass), radii(4, 200, 12));
  write_circles("point_mass_particle", found);
  for (const Circle& c : found) {
    EXPECT_NEAR(c.shear_found / c.shear_expected, 1, std::max(kLeftOver * kPixel / c.radius, 0.01))
        << c.radius / kPixel;
    EXPECT_NEAR(c.deflection_found / c.deflection_expected, 1, std::max(kLeftOver * kPixel / c.radius, 0.01))
        << c.radius / kPixel;
  }
}

TEST(ValidationLenses, UniformSheetsDoNothing) {
  // Whatever its density, since the mean of the plane's own pixels is taken out with the mode k = 0.
  for (const double density : {0.0, 1.0, 3.0}) {
    const double mean = mean_pixel_mass({64, kBoxMpcH, test::kSlabMpcH, test::kOmegaM});
    LensStack stack;
    stack.add(kChi, kScaleFactor, Grid2d<double>(64, density * mean), {5, {12.3, 45.6}});
    const Rays rays = test::square_field(8, 0.1);
    const Traced traced = stack.trace(rays, kChiSource);
    for (const std::vector<double>& map : traced.maps)
      for (const double value : map) EXPECT_NEAR(value, 0, 1e-15) << density;
    for (std::size_t r = 0; r < rays.size(); ++r) EXPECT_NEAR(traced.beta_x[r], rays.x[r], 1e-15) << density;
  }
}

TEST(ValidationLenses, OneFourierModeAtTheNodesIsExact) {
  // At the nodes nothing is interpolated: only rounding is left, of fields, positions and 1 - (A11 + A22)/2.
  constexpr double kRounding = 1e-12;
  constexpr int kSmall = 128;
  for (const test::Mode& mode :
       {test::Mode{3, 2, 0.5, 0.7}, {0, 5, 1.0, 2.0}, {-17, 4, 0.3, 1.1}, {60, -61, 0.9, 0.2}}) {
    const FourierLens lens{{mode}};
    LensStack stack;
    stack.add(kChi, kScaleFactor, lens.mass(kSmall), {});
    Rays rays;
    for (int i = 0; i < kSmall; i += 5)
      for (int j = 0; j < kSmall; j += 7)
        rays.add(i * kBoxMpcH / kSmall / kChi, j * kBoxMpcH / kSmall / kChi);
    const Traced traced = stack.trace(rays, kChiSource);
    const double to_angle = kLensEfficiency / kScaleFactor, to_map = to_angle * kChi;
    const double largest = to_map / 2 * FourierLens::poisson_factor() * lens.thickness * mode.amplitude;
    for (std::size_t r = 0; r < rays.size(); ++r) {
      const auto phi = [&](int nx, int ny) {
        return lens.derivative(nx, ny, kChi * rays.x[r], kChi * rays.y[r]);
      };
      EXPECT_NEAR(rays.x[r] - traced.beta_x[r], to_angle * phi(1, 0), kRounding * rays.x.back());
      EXPECT_NEAR(rays.y[r] - traced.beta_y[r], to_angle * phi(0, 1), kRounding * rays.x.back());
      EXPECT_NEAR(traced.map(LensingMap::kappa)[r], to_map * (phi(2, 0) + phi(0, 2)) / 2,
                  kRounding * largest + 1e-15);
      EXPECT_NEAR(traced.map(LensingMap::gamma1)[r], to_map * (phi(2, 0) - phi(0, 2)) / 2,
                  kRounding * largest + 1e-15);
      EXPECT_NEAR(traced.map(LensingMap::gamma2)[r], to_map * phi(1, 1), kRounding * largest + 1e-15);
      EXPECT_EQ(traced.map(LensingMap::omega)[r], 0);
    }
  }
}

}  // namespace
}  // namespace lenswright
