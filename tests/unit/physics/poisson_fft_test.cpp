// The Poisson solver against an independent answer: a transform summed term by term, a single mode worked out
// by hand, and a potential that another code wrote.
#include "physics/poisson_fft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "base/units.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

// Of each field's maximum: what two transforms of these sizes may differ by in rounding (a few eps * log N).
constexpr double kRounding = 1e-14;

std::vector<double> solve(const PoissonGeometry& geometry, const std::vector<double>& mass, int threads = 1,
                          int block = 0) {
  PoissonSolver solver(geometry, threads);
  std::copy(mass.begin(), mass.end(), solver.mass().begin());
  solver.solve();
  const std::size_t n = static_cast<std::size_t>(geometry.grid);
  std::vector<double> fields(5 * n * n);
  const int step = block > 0 ? block : geometry.grid;
  for (int first = 0; first < geometry.grid; first += step) {
    const int count = std::min(step, geometry.grid - first);
    solver.field_rows(first, count,
                      std::span(fields).subspan(5 * n * static_cast<std::size_t>(first),
                                                5 * n * static_cast<std::size_t>(count)));
  }
  return fields;
}

// Real parts of the full complex transforms, summed term by term in long double.
std::vector<double> brute_force(const PoissonGeometry& geometry, const std::vector<double>& mass) {
  using Real = long double;
  using Value = std::complex<Real>;
  const int n = geometry.grid;
  const Real pi = 3.14159265358979323846264338327950288L, k0 = 2 * pi / Real(geometry.width_mpc_h);
  const Real mean = Real(27.7536627e10L) * Real(geometry.omega_m) * Real(geometry.width_mpc_h) *
                    Real(geometry.width_mpc_h) * Real(geometry.thickness_mpc_h) / (n * n);
  const Real factor = 3 * Real(geometry.omega_m) * (100 / 299792.458L) * (100 / 299792.458L);
  const auto wave = [&](int phase) { return std::polar(Real(1), 2 * pi * Real(phase % n) / n); };
  const auto at = [n](int i, int j) { return static_cast<std::size_t>(j + n * i); };
  std::vector<Value> psi(mass.size());
  for (int u = 0; u < n; ++u)
    for (int v = 0; v < n; ++v) {
      const Real kx = k0 * (u < n / 2 ? u : u - n), ky = k0 * (v < n / 2 ? v : v - n);
      if (u == 0 && v == 0) continue;
      Value sum = 0;
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          sum += (Real(mass[at(i, j)]) / mean - 1) * Real(geometry.thickness_mpc_h) *
                 std::conj(wave(u * i + v * j));
      psi[at(u, v)] = sum * factor / (kx * kx + ky * ky) / Real(n * n);
    }
  std::vector<double> fields(5 * mass.size());
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      Value f[5] = {};
      for (int u = 0; u < n; ++u)
        for (int v = 0; v < n; ++v) {
          const Real kx = k0 * (u < n / 2 ? u : u - n), ky = k0 * (v < n / 2 ? v : v - n);
          const Value term = psi[at(u, v)] * wave(u * i + v * j), imaginary(0, 1);
          f[0] += imaginary * kx * term;
          f[1] += imaginary * ky * term;
          f[2] += kx * kx * term;
          f[3] += kx * ky * term;
          f[4] += ky * ky * term;
        }
      for (int k = 0; k < 5; ++k)
        fields[5 * at(i, j) + static_cast<std::size_t>(k)] = static_cast<double>(f[k].real());
    }
  return fields;
}

void expect_fields_near(const std::vector<double>& found, const std::vector<double>& expected,
                        double relative) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t f = 0; f < 5; ++f) {
    double maximum = 0, worst = 0;
    for (std::size_t k = f; k < expected.size(); k += 5) {
      maximum = std::max(maximum, std::abs(expected[k]));
      worst = std::max(worst, std::abs(found[k] - expected[k]));
    }
    EXPECT_LE(worst, relative * maximum) << "field " << f;
  }
}

// Between nothing and twice the mean in each pixel.
std::vector<double> random_mass(const PoissonGeometry& geometry, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<double> mass(static_cast<std::size_t>(geometry.grid) * static_cast<std::size_t>(geometry.grid));
  for (double& value : mass) value = mean_pixel_mass(geometry) * double(generator()) / 2147483648.0;
  return mass;
}

class PoissonBruteForce : public testing::TestWithParam<int> {};

TEST_P(PoissonBruteForce, NoiseAtEveryModeWithBothNyquistFrequencies) {
  const PoissonGeometry geometry{GetParam(), 50.0, 25.0, 0.3089};
  const std::vector<double> mass = random_mass(geometry, 7);
  expect_fields_near(solve(geometry, mass), brute_force(geometry, mass), kRounding);
}

INSTANTIATE_TEST_SUITE_P(Grids, PoissonBruteForce, testing::Values(4, 6, 8, 10, 16));

TEST(Poisson, SingleModeHasTheAnalyticDerivatives) {
  const PoissonGeometry geometry{32, 205.0, 102.5, 0.3089};
  const int n = geometry.grid, u = 3, v = 5;
  const double mean = mean_pixel_mass(geometry), amplitude = 0.25;
  std::vector<double> mass(static_cast<std::size_t>(n * n)), expected(5 * mass.size());
  const double kx = 2 * kPi * u / geometry.width_mpc_h, ky = 2 * kPi * v / geometry.width_mpc_h;
  const double factor = 3 * geometry.omega_m * std::pow(100.0 / 299792.458, 2) * geometry.thickness_mpc_h *
                        amplitude / (kx * kx + ky * ky);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      const double phase = 2 * kPi * ((u * i + v * j) % n) / n;
      const std::size_t pixel = static_cast<std::size_t>(j + n * i);
      mass[pixel] = mean * (1 + amplitude * std::cos(phase));
      // psi = factor cos(phase): d psi/dx = -factor kx sin(phase), and minus the second derivatives are
      // factor kx^2 cos(phase)
      double* const field = &expected[5 * pixel];
      field[0] = -factor * kx * std::sin(phase);
      field[1] = -factor * ky * std::sin(phase);
      field[2] = factor * kx * kx * std::cos(phase);
      field[3] = factor * kx * ky * std::cos(phase);
      field[4] = factor * ky * ky * std::cos(phase);
    }
  // mass / mean - 1 loses 1/amplitude of the rounding, 4 x more than noise of order one.
  expect_fields_near(solve(geometry, mass), expected, 4 * kRounding);
}

TEST(Poisson, UniformPlaneHasNoField) {
  const PoissonGeometry geometry{16, 205.0, 102.5, 0.3089};
  const std::vector<double> mass(256, mean_pixel_mass(geometry));
  for (const double value : solve(geometry, mass)) EXPECT_EQ(value, 0.0);
}

TEST(Poisson, AgreesWithThePotentialOfAnotherCode) {
  const auto doubles = [](const std::string& bytes) {
    std::vector<double> values((bytes.size() - 8) / 8);
    std::memcpy(values.data(), bytes.data() + 4, bytes.size() - 8);
    return values;
  };
  const std::vector<double> mass = doubles(test::read_file(test::reference("lux_64/lenspot00.dat")));
  const std::vector<double> expected = doubles(test::read_file(test::reference("lux_64/lenspot01.dat")));
  expect_fields_near(solve({64, 205.0, 102.5, 0.3089}, mass), expected, kRounding);
}

TEST(Poisson, BytesDoNotDependOnThreadsOrRowBlocks) {
  const PoissonGeometry geometry{48, 205.0, 102.5, 0.3089};
  const std::vector<double> mass = random_mass(geometry, 11);
  const std::vector<double> alone = solve(geometry, mass);
  for (const int threads : {2, 3, 4}) EXPECT_EQ(solve(geometry, mass, threads, 5), alone) << threads;
}

TEST(Poisson, ASolverUsedAgainRemembersNothing) {
  const PoissonGeometry geometry{16, 205.0, 102.5, 0.3089};
  const std::vector<double> mass = random_mass(geometry, 3);
  PoissonSolver solver(geometry, 1);
  std::vector<double> fields(5 * mass.size());
  for (const unsigned seed : {1U, 3U}) {
    const std::vector<double> filled = random_mass(geometry, seed);
    std::copy(filled.begin(), filled.end(), solver.mass().begin());
    solver.solve();
    solver.field_rows(0, geometry.grid, fields);
  }
  EXPECT_EQ(fields, solve(geometry, mass));
}

TEST(Poisson, ValuesThatAreNotFiniteAreRefused) {
  const PoissonGeometry geometry{8, 205.0, 102.5, 0.3089};
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    PoissonSolver solver(geometry, 1);
    for (double& value : solver.mass()) value = 1.0;
    solver.mass()[37] = bad;
    EXPECT_THROW(solver.solve(), NumericError);
  }
}

}  // namespace
}  // namespace lenswright
