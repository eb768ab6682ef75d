#include "sim/gaussian_field.hpp"

#include <fftw3.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {
namespace {

const LinearPowerParameters kPlanck{0.3089, 0.0486, 0.6774, 0.9667, 0.8159};
constexpr int kSide = 32;
constexpr double kBox = 100;
constexpr std::size_t kCells = kSide * kSide * kSide;

// Full complex transform, normalised: field = sum of modes * exp(i k x).
std::vector<std::complex<double>> modes_of(const std::vector<double>& field) {
  std::vector<std::complex<double>> work(field.begin(), field.end());
  auto* data = reinterpret_cast<fftw_complex*>(work.data());
  fftw_plan plan = fftw_plan_dft_3d(kSide, kSide, kSide, data, data, FFTW_FORWARD, FFTW_ESTIMATE);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  for (auto& mode : work) mode /= static_cast<double>(kCells);
  return work;
}

struct Mode {
  std::array<double, 3> k;
  bool is_nyquist;
};
Mode mode_at(std::size_t index) {
  Mode mode{{}, false};
  for (std::size_t axis = 3; axis-- > 0; index /= kSide) {
    const int i = static_cast<int>(index % kSide);
    mode.is_nyquist = mode.is_nyquist || i == kSide / 2;
    mode.k[axis] = 2 * kPi / kBox * (i < kSide / 2 ? i : i - kSide);
  }
  return mode;
}

TEST(GaussianField, PowerSpectrumIsTheInputWithinCosmicVariance) {
  const LinearPower power(kPlanck);
  const std::vector<std::complex<double>> modes = modes_of(GaussianField(power, kSide, kBox, 5).density());
  constexpr int kBins = 8;
  std::array<double, kBins> ratio{};
  std::array<int, kBins> count{};
  for (std::size_t n = 1; n < kCells; ++n) {
    const Mode mode = mode_at(n);
    if (mode.is_nyquist) continue;
    const double k = std::sqrt(mode.k[0] * mode.k[0] + mode.k[1] * mode.k[1] + mode.k[2] * mode.k[2]);
    const auto bin = static_cast<std::size_t>(k / (2 * kPi / kBox) / 2);
    if (bin >= kBins) continue;
    ratio[bin] += std::norm(modes[n]) * kBox * kBox * kBox / power.power(k);
    ++count[bin];
  }
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    // Half of the modes are independent; |delta|^2 scatters by its own mean.
    const double scatter = std::sqrt(2.0 / count[bin]);
    EXPECT_NEAR(ratio[bin] / count[bin], 1, 4 * scatter) << "bin " << bin;
  }
}

TEST(GaussianField, SmoothedVarianceIsTheSumOverItsModes) {
  const LinearPower power(kPlanck);
  constexpr double kRadius = 8;
  double measured = 0, expected = 0;
  constexpr int kSeeds = 6;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
    for (const double value : GaussianField(power, kSide, kBox, seed).density(kRadius))
      measured += value * value / (kCells * kSeeds);
  double modes = 0;
  for (std::size_t n = 1; n < kCells; ++n) {
    const Mode mode = mode_at(n);
    if (mode.is_nyquist) continue;
    const double square = mode.k[0] * mode.k[0] + mode.k[1] * mode.k[1] + mode.k[2] * mode.k[2];
    const double part =
        power.power(std::sqrt(square)) * std::exp(-square * kRadius * kRadius) / (kBox * kBox * kBox);
    expected += part;
    modes += part * part;
  }
  const double scatter = std::sqrt(2 * modes / kSeeds) / expected;  // of a weighted sum of squares
  EXPECT_NEAR(measured / expected, 1, 4 * scatter);
}

TEST(GaussianField, MeanVanishesAndValuesAreGaussian) {
  const std::vector<double> density = GaussianField(LinearPower(kPlanck), kSide, kBox, 3).density();
  double mean = 0, square = 0, cube = 0;
  for (const double value : density) mean += value / kCells;
  for (const double value : density) {
    square += value * value / kCells;
    cube += value * value * value / kCells;
  }
  EXPECT_NEAR(mean, 0, 1e-13);
  EXPECT_NEAR(cube / std::pow(square, 1.5), 0,
              0.1);  // neighbouring cells are correlated: fewer than kCells count
}

TEST(GaussianField, DivergenceOfTheDisplacementsIsMinusTheDensity) {
  const GaussianField field(LinearPower(kPlanck), kSide, kBox, 5);
  const std::vector<std::complex<double>> density = modes_of(field.density());
  std::vector<std::complex<double>> divergence(kCells, 0);
  const auto psi = field.displacements();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto component = modes_of(psi[axis]);
    for (std::size_t n = 0; n < kCells; ++n)
      divergence[n] += std::complex<double>(0, mode_at(n).k[axis]) * component[n];
  }
  for (std::size_t n = 0; n < kCells; ++n) ASSERT_LT(std::abs(divergence[n] + density[n]), 1e-14);
}

TEST(GaussianField, SeedDecidesTheFieldAndNothingElse) {
  const LinearPower power(kPlanck);
  const auto first = GaussianField(power, kSide, kBox, 5).density();
  EXPECT_EQ(GaussianField(power, kSide, kBox, 5).density(), first);
  EXPECT_NE(GaussianField(power, kSide, kBox, 6).density(), first);
}

TEST(GaussianField, OddGridsAreRefused) {
  EXPECT_THROW(GaussianField(LinearPower(kPlanck), 31, kBox, 1), NumericError);
}

}  // namespace
}  // namespace lenswright
