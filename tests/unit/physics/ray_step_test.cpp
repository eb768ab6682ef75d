// One plane's action on rays against the equations written out plainly in long double.
#include "physics/ray_step.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lenswright {
namespace {

// Absolute, for angles and Jacobians of order one after a handful of planes: rounding of doubles.
constexpr double kRounding = 1e-14;

constexpr int kGrid = 16;
constexpr double kWidth = 50.0;

std::vector<double> random_fields(unsigned seed, double size) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(-size, size);
  std::vector<double> fields(5 * kGrid * kGrid);
  for (std::size_t k = 0; k < fields.size(); ++k) fields[k] = uniform(generator);
  return fields;
}

struct Rays {
  std::vector<double> state;
  RayTile tile;
  explicit Rays(const std::vector<std::array<double, 2>>& beta)
      : state(RayTile::kDoublesPerRay * beta.size()),
        tile{beta.size(), state.data(), state.data() + RayTile::kQuantities * beta.size()} {
    std::vector<double> x, y;
    for (const auto& angle : beta) {
      x.push_back(angle[0]);
      y.push_back(angle[1]);
    }
    start_rays(tile, x, y);
  }
  double now(std::size_t quantity, std::size_t ray) const { return tile.now[quantity * tile.rays + ray]; }
};

std::vector<std::array<double, 2>> random_angles(std::size_t count, double size) {
  std::mt19937 generator(5);
  std::uniform_real_distribution<double> uniform(-size, size);
  std::vector<std::array<double, 2>> beta(count);
  for (auto& angle : beta) angle = {uniform(generator), uniform(generator)};
  return beta;
}

struct Maps {
  std::array<std::vector<double>, kLensingMaps> values;
  std::array<double*, kLensingMaps> pointers{};
  explicit Maps(std::size_t rays) {
    for (std::size_t m = 0; m < kLensingMaps; ++m) {
      values[m].assign(rays, std::numeric_limits<double>::quiet_NaN());
      pointers[m] = values[m].data();
    }
  }
};

// The equations of docs/formats.md, "Ray tracing", one ray at a time.
class PlainRay {
 public:
  using Real = long double;
  explicit PlainRay(const std::array<double, 2>& beta) {
    for (auto* state : {&before_, &now_}) *state = {beta[0], beta[1], 1, 0, 0, 1};
  }
  using State = std::array<Real, 6>;
  // State at chi_to, with the fields of the plane at chi; `keep`: as the ray's own state from there on.
  State carry(const std::vector<double>& fields, double chi_before, double chi, double a, double chi_to,
              const RunTransform& frame, bool keep) {
    const Real s0 = (frame.symmetry & 1U) != 0 ? -1 : 1, s1 = (frame.symmetry & 2U) != 0 ? -1 : 1;
    const bool swap = (frame.symmetry & 4U) != 0;
    const Real S[2][2] = {{swap ? 0 : s0, swap ? s0 : 0}, {swap ? s1 : 0, swap ? 0 : s1}};
    Real position[2];
    for (int r = 0; r < 2; ++r)
      position[r] = chi * (S[r][0] * now_[0] + S[r][1] * now_[1]) + frame.shift[static_cast<std::size_t>(r)];
    Real f[5];
    for (int k = 0; k < 5; ++k) f[k] = interpolate(fields, position[0], position[1], k);
    const Real alpha[2] = {-f[0] / a, -f[1] / a}, tidal[2][2] = {{f[2], f[3]}, {f[3], f[4]}};
    State bend{};
    Real u[2][2] = {};
    for (int r = 0; r < 2; ++r)
      for (int c = 0; c < 2; ++c) {
        bend[static_cast<std::size_t>(r)] += S[c][r] * alpha[c];
        for (int p = 0; p < 2; ++p)
          for (int q = 0; q < 2; ++q) u[r][c] += chi / a * S[p][r] * tidal[p][q] * S[q][c];
      }
    for (std::size_t r = 0; r < 2; ++r)
      for (std::size_t c = 0; c < 2; ++c)
        for (std::size_t p = 0; p < 2; ++p) bend[2 + 2 * r + c] += u[r][p] * now_[2 + 2 * p + c];
    const Real w = (Real(chi) / chi_to) * (Real(chi_to) - chi_before) / (Real(chi) - chi_before);
    const Real g = (Real(chi_to) - chi) / chi_to;
    State result{};
    for (std::size_t q = 0; q < 6; ++q) result[q] = (1 - w) * before_[q] + w * now_[q] - g * bend[q];
    if (keep) {
      before_ = now_;
      now_ = result;
    }
    return result;
  }

 private:
  static Real interpolate(const std::vector<double>& fields, Real x, Real y, int field) {
    const Real u = x / kWidth * kGrid, v = y / kWidth * kGrid;
    const Real i = std::floor(u), j = std::floor(v);
    const auto at = [&](long di, long dj) {
      const long row = ((static_cast<long>(i) + di) % kGrid + kGrid) % kGrid;
      const long column = ((static_cast<long>(j) + dj) % kGrid + kGrid) % kGrid;
      return Real(fields[static_cast<std::size_t>(field + 5 * (column + kGrid * row))]);
    };
    const Real p = u - i, q = v - j;
    return (1 - p) * (1 - q) * at(0, 0) + (1 - p) * q * at(0, 1) + p * (1 - q) * at(1, 0) + p * q * at(1, 1);
  }
  State before_, now_;
};

TEST(RayStep, FivePlanesInAllSymmetriesAreThePlainEquations) {
  const double chi[] = {0, 20, 45, 70, 110, 130}, a[] = {1, 0.98, 0.96, 0.93, 0.9, 0.87}, chi_source = 140;
  // Beams of +-0.9 cross several widths of the plane; 133 rays are two chunks and a bit.
  const std::vector<std::array<double, 2>> beta = random_angles(133, 0.9);
  for (std::uint32_t symmetry = 0; symmetry < 8; ++symmetry) {
    Rays rays(beta);
    std::vector<PlainRay> plain(beta.begin(), beta.end());
    Maps maps(beta.size());
    std::vector<PlainRay::State> expected(beta.size());
    for (std::size_t k = 1; k <= 5; ++k) {
      const std::vector<double> fields = random_fields(static_cast<unsigned>(k), 1e-3);
      const RunTransform frame{(symmetry + static_cast<std::uint32_t>(k)) % 8,
                               {7.3 * static_cast<double>(k), 49.0 - 3.1 * static_cast<double>(k)}};
      PlaneStep step{chi[k], a[k], std::nullopt, std::nullopt};
      const double chi_to = k < 5 ? chi[k + 1] : chi_source;
      (k < 5 ? step.advance : step.source) = carry_to(chi[k - 1], chi[k], chi_to);
      step_rays({fields, kGrid, kWidth}, step, frame, rays.tile, maps.pointers);
      for (std::size_t r = 0; r < beta.size(); ++r)
        expected[r] = plain[r].carry(fields, chi[k - 1], chi[k], a[k], chi_to, frame, k < 5);
      if (k == 5) break;
      for (std::size_t r = 0; r < beta.size(); ++r)
        for (std::size_t q = 0; q < 6; ++q)
          ASSERT_NEAR(rays.now(q, r), static_cast<double>(expected[r][q]), kRounding)
              << "symmetry " << symmetry << ", plane " << k << ", ray " << r << ", quantity " << q;
    }
    for (std::size_t r = 0; r < beta.size(); ++r) {
      const PlainRay::State& A = expected[r];  // beta, A11, A12, A21, A22
      EXPECT_NEAR(maps.values[0][r], static_cast<double>(1 - (A[2] + A[5]) / 2), kRounding);
      EXPECT_NEAR(maps.values[1][r], static_cast<double>((A[5] - A[2]) / 2), kRounding);
      EXPECT_NEAR(maps.values[2][r], static_cast<double>(-(A[3] + A[4]) / 2), kRounding);
      EXPECT_NEAR(maps.values[3][r], static_cast<double>((A[4] - A[3]) / 2), kRounding);
    }
  }
}

TEST(RayStep, ASourceLeavesTheRecursionAlone) {
  const std::vector<double> fields = random_fields(1, 1e-3);
  const std::vector<std::array<double, 2>> beta = random_angles(10, 0.1);
  Rays with(beta), without(beta);
  Maps maps(beta.size());
  PlaneStep step{20, 0.9, carry_to(0, 20, 40), std::nullopt};
  step_rays({fields, kGrid, kWidth}, step, {}, without.tile, {});
  step.source = carry_to(0, 20, 30);
  step_rays({fields, kGrid, kWidth}, step, {}, with.tile, maps.pointers);
  EXPECT_EQ(with.state, without.state);
  for (const std::vector<double>& map : maps.values)
    for (const double value : map) EXPECT_TRUE(std::isfinite(value));
}

TEST(RayStep, MapsThatAreNotWantedAreNotTouched) {
  const std::vector<double> fields = random_fields(1, 1e-3);
  const std::vector<std::array<double, 2>> beta = random_angles(10, 0.1);
  Rays rays(beta);
  Maps maps(beta.size());
  const PlaneStep step{20, 0.9, std::nullopt, carry_to(0, 20, 30)};
  std::array<double*, kLensingMaps> only_gamma2{};
  only_gamma2[2] = maps.pointers[2];
  step_rays({fields, kGrid, kWidth}, step, {}, rays.tile, only_gamma2);
  EXPECT_TRUE(std::isfinite(maps.values[2][3]));
  EXPECT_TRUE(std::isnan(maps.values[0][3]));
}

TEST(RayStep, AUniformSheetConvergesByItsAnalyticAmount) {
  std::vector<double> fields(5 * kGrid * kGrid, 0.0);
  const double sheet = 2e-4, chi = 30, chi_s = 75, a = 0.8;
  for (std::size_t k = 0; k < fields.size(); k += 5) fields[k + 2] = fields[k + 4] = sheet;
  Rays rays(random_angles(7, 0.5));
  Maps maps(7);
  step_rays({fields, kGrid, kWidth}, {chi, a, std::nullopt, carry_to(0, chi, chi_s)}, {}, rays.tile,
            maps.pointers);
  for (std::size_t r = 0; r < 7; ++r) {
    EXPECT_NEAR(maps.values[0][r], chi * (chi_s - chi) / (chi_s * a) * sheet, kRounding);
    EXPECT_NEAR(maps.values[1][r], 0.0, kRounding);
    EXPECT_NEAR(maps.values[2][r], 0.0, kRounding);
    EXPECT_NEAR(maps.values[3][r], 0.0, kRounding);
  }
}

TEST(RayStep, FieldsOutOfAllRangeLeadNowhereElseThanIntoTheMaps) {
  for (const double huge : {1e30, 1e300, std::numeric_limits<double>::infinity()}) {
    const std::vector<double> fields(5 * kGrid * kGrid, huge);
    Rays rays(random_angles(70, 0.5));
    Maps maps(70);
    for (int k = 1; k <= 4; ++k)
      step_rays({fields, kGrid, kWidth},
                {20.0 * k, 0.9, carry_to(20.0 * (k - 1), 20.0 * k, 20.0 * (k + 1)),
                 carry_to(20.0 * (k - 1), 20.0 * k, 20.0 * k + 5)},
                {}, rays.tile, maps.pointers);
    for (std::size_t r = 0; r < 70; ++r) EXPECT_FALSE(std::abs(maps.values[0][r]) < 1e20) << huge;
  }
}

// What the lookup finds at the rays, seen without symmetry at distance 1.
std::vector<std::array<double, 5>> look_up_all(const std::vector<double>& fields, Interpolation interpolation,
                                               const std::vector<std::array<double, 2>>& at) {
  std::vector<std::array<double, 5>> found;
  PlaneLookup lookup;
  const LensPlane plane{fields, kGrid, kWidth, interpolation};
  for (const auto& [x, y] : at) {
    lookup.locate(plane, 1.0, {}, &x, &y, 1);
    lookup.read(plane);
    found.emplace_back();
    for (int f = 0; f < 5; ++f) found.back()[static_cast<std::size_t>(f)] = lookup.field(f)[0];
  }
  return found;
}

TEST(PlaneLookup, AtThePixelsEveryInterpolationIsThePixel) {
  const std::vector<double> fields = random_fields(3, 1.0);
  std::vector<std::array<double, 2>> at;
  for (int i = -2; i < kGrid + 2; ++i)
    for (int j = -2; j < kGrid + 2; ++j) at.push_back({i * kWidth / kGrid, j * kWidth / kGrid});
  for (const Interpolation way : {Interpolation::bilinear, Interpolation::nearest, Interpolation::bicubic}) {
    const auto found = look_up_all(fields, way, at);
    std::size_t k = 0;
    for (int i = -2; i < kGrid + 2; ++i)
      for (int j = -2; j < kGrid + 2; ++j, ++k)
        for (int f = 0; f < 5; ++f)
          EXPECT_EQ(found[k][static_cast<std::size_t>(f)],
                    fields[static_cast<std::size_t>(
                        f + 5 * ((j + kGrid) % kGrid + kGrid * ((i + kGrid) % kGrid)))]);
  }
}

TEST(PlaneLookup, NearestTakesThePixelLessThanHalfAwayAlsoAroundTheEdge) {
  std::vector<double> fields(5 * kGrid * kGrid);
  for (std::size_t k = 0; k < fields.size(); ++k) fields[k] = static_cast<double>(k);
  const double pixel = kWidth / kGrid;
  const auto found =
      look_up_all(fields, Interpolation::nearest,
                  {{2.4 * pixel, 3.6 * pixel}, {15.6 * pixel, 15.4 * pixel}, {-0.4 * pixel, 15.9 * pixel}});
  EXPECT_EQ(found[0][1], 1 + 5 * (4 + kGrid * 2));
  EXPECT_EQ(found[1][2], 2 + 5 * (15 + kGrid * 0));
  EXPECT_EQ(found[2][4], 4 + 5 * (0 + kGrid * 0));
}

TEST(PlaneLookup, BicubicIsExactForQuadraticsAwayFromTheEdge) {
  std::vector<double> fields(5 * kGrid * kGrid);
  const auto quadratic = [](double i, double j) {
    return 1 + 2 * i - j + 0.3 * i * i - 0.7 * i * j + 0.2 * j * j;
  };
  for (std::size_t i = 0; i < kGrid; ++i)
    for (std::size_t j = 0; j < kGrid; ++j)
      for (std::size_t f = 0; f < 5; ++f)
        fields[f + 5 * (j + kGrid * i)] =
            static_cast<double>(f) * quadratic(static_cast<double>(i), static_cast<double>(j));
  const double pixel = kWidth / kGrid;
  for (const auto& [u, v] : {std::pair(2.25, 9.5), std::pair(7.01, 3.99), std::pair(12.5, 12.75)}) {
    const auto found = look_up_all(fields, Interpolation::bicubic, {{u * pixel, v * pixel}});
    for (std::size_t f = 0; f < 5; ++f)
      EXPECT_NEAR(found[0][f], static_cast<double>(f) * quadratic(u, v), 1e-11)
          << u << ", " << v;  // rounding
  }
}

TEST(RayStep, BornRaysAreStraightAndAddUpTheFieldsBeforeThem) {
  const double chi[] = {0, 20, 45, 70}, a[] = {1, 0.98, 0.96, 0.93}, chi_s = 100;
  const std::vector<std::array<double, 2>> beta = random_angles(70, 0.3);
  Rays rays(beta);
  Maps maps(beta.size());
  std::vector<double> kappa(beta.size()), gamma1(beta.size()), gamma2(beta.size());
  const RunTransform turned{6, {11.0, 13.0}};  // second sign and swap
  for (std::size_t k = 1; k <= 3; ++k) {
    const std::vector<double> fields = random_fields(static_cast<unsigned>(k), 1e-2);
    PlaneStep step{chi[k], a[k], std::nullopt, std::nullopt, TracingMethod::born};
    if (k < 3) step.advance = carry_to(chi[k - 1], chi[k], chi[k + 1]);
    if (k == 3) step.source = carry_to(chi[k - 1], chi[k], chi_s);
    step_rays({fields, kGrid, kWidth}, step, turned, rays.tile, maps.pointers);
    const double weight = chi[k] * (chi_s - chi[k]) / (chi_s * a[k]);
    for (std::size_t r = 0; r < beta.size(); ++r) {
      const auto f = look_up_all(fields, Interpolation::bilinear,
                                 {{chi[k] * beta[r][1] + 11.0, -chi[k] * beta[r][0] + 13.0}})[0];
      // Turned back: x and y change places, and f3 its sign.
      kappa[r] += weight * (f[2] + f[4]) / 2;
      gamma1[r] += weight * (f[4] - f[2]) / 2;
      gamma2[r] += weight * -f[3];
    }
  }
  for (std::size_t r = 0; r < beta.size(); ++r) {
    EXPECT_NEAR(maps.values[0][r], kappa[r], kRounding);
    EXPECT_NEAR(maps.values[1][r], gamma1[r], kRounding);
    EXPECT_NEAR(maps.values[2][r], gamma2[r], kRounding);
    EXPECT_EQ(maps.values[3][r], 0.0);
  }
}

TEST(RayStep, TheObserverHasNoWeightInTheFirstCarry) {
  const Carry first = carry_to(0, 51.25, 153.75);
  EXPECT_EQ(first.w, 1.0);
  EXPECT_DOUBLE_EQ(first.g, 102.5 / 153.75);
}

}  // namespace
}  // namespace lenswright
