#include "physics/kappa_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>
#include <vector>

#include "base/units.hpp"

namespace lenswright {
namespace {

constexpr double kSide = 5.0 * kRadiansPerDegree;

using Complex = FlatSky::Complex;

double power_law(double ell) {
  return 1e-9 / (1.0 + ell / 800.0);
}

// Spectrum of a Gaussian random field with C_ell = power_law, of which back() makes a periodic map.
std::vector<Complex> gaussian_spectrum(const FlatSky& sky, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  // White noise of unit variance has a spectrum with <|F|^2> = N^2 and the symmetries of a real map.
  std::vector<double> noise(sky.pixels());
  for (double& value : noise) value = normal(random);
  std::vector<Complex> spectrum(sky.modes());
  sky.forward(noise, spectrum);
  const double unit = 2.0 * kPi / sky.side_rad();
  for (int i = 0; i < sky.grid(); ++i)
    for (int j = 0; j < static_cast<int>(sky.columns()); ++j) {
      const double ell = unit * std::hypot(sky.frequency(i), j);
      spectrum[static_cast<std::size_t>(i) * sky.columns() + static_cast<std::size_t>(j)] *=
          ell > 0 ? std::sqrt(power_law(ell)) / (sky.side_rad() * sky.grid()) : 0.0;
    }
  return spectrum;
}

std::vector<double> map_of(const FlatSky& sky, std::vector<Complex> spectrum) {
  std::vector<double> map(sky.pixels());
  sky.back(spectrum, map);
  return map;
}

KappaStatisticsSettings settings_of(int grid) {
  KappaStatisticsSettings settings;
  settings.grid = grid;
  settings.side_rad = kSide;
  settings.smoothing_rad = {2.0 / 60.0 * kRadiansPerDegree};
  settings.ell_bins = 16;
  settings.heights = {-6, 12, 36};
  settings.pdf_kappa = {-0.1, 0.4, 100};
  settings.pdf_sigma = {-5, 15, 80};
  return settings;
}

TEST(AngularPower, KnownSpectrumOfGaussianFieldIsRecoveredWithinItsError) {
  const FlatSky sky(256, kSide);
  const EllBins bins(sky, 16);
  constexpr int kFields = 24;
  std::vector<double> mean(bins.size(), 0.0);
  double chi_square = 0;
  for (unsigned seed = 1; seed <= kFields; ++seed) {
    const std::vector<double> map = map_of(sky, gaussian_spectrum(sky, seed));
    std::vector<Complex> spectrum(sky.modes());
    sky.forward(map, spectrum);
    const std::vector<double> power = angular_power(sky, bins, spectrum);
    for (std::size_t b = 0; b < bins.size(); ++b) mean[b] += power[b] / kFields;
  }
  // What is expected of each bin is the mean of the spectrum over its modes, not its value at the mean ell.
  std::vector<double> expected(bins.size(), 0.0);
  for (int i = 0; i < sky.grid(); ++i)
    for (int j = 0; j < static_cast<int>(sky.columns()); ++j) {
      const int n1 = sky.frequency(i);
      if (const std::size_t b = bins.bin_of(n1, j); b < bins.size())
        expected[b] += sky.weight(j) * power_law(2.0 * kPi / kSide * std::hypot(n1, j)) /
                       static_cast<double>(bins.modes()[b]);
    }
  for (std::size_t b = 0; b < bins.size(); ++b) {
    // Two real numbers per pair of modes: the relative variance of a mean over all fields is 2 / (modes fields).
    const double error = expected[b] * std::sqrt(2.0 / (static_cast<double>(bins.modes()[b]) * kFields));
    EXPECT_NEAR(mean[b], expected[b], 4.0 * error) << "ell " << bins.mean()[b];
    chi_square += (mean[b] - expected[b]) * (mean[b] - expected[b]) / (error * error);
  }
  // Of so many degrees of freedom; five standard deviations of chi square on each side.
  const double freedom = static_cast<double>(bins.size());
  EXPECT_NEAR(chi_square, freedom, 5.0 * std::sqrt(2.0 * freedom));
}

TEST(AngularPower, PlaneWaveHasItsPowerInItsBinAlone) {
  const FlatSky sky(64, kSide);
  const EllBins bins(sky, 8);
  std::vector<double> map(sky.pixels());
  for (std::size_t i = 0; i < 64; ++i)
    for (std::size_t j = 0; j < 64; ++j)
      map[i * 64 + j] =
          0.3 * std::cos(2.0 * kPi * (5.0 * static_cast<double>(i) + 12.0 * static_cast<double>(j)) / 64.0);
  std::vector<Complex> spectrum(sky.modes());
  sky.forward(map, spectrum);
  const std::vector<double> power = angular_power(sky, bins, spectrum);
  const std::size_t at = bins.bin_of(5, 12);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    // Two of the bin's modes hold |F|^2 = (0.3 N^2 / 2)^2 each.
    const double expected =
        b == at ? 2.0 * 0.15 * 0.15 * kSide * kSide / static_cast<double>(bins.modes()[b]) : 0.0;
    EXPECT_NEAR(power[b], expected, 1e-14 * kSide * kSide);
  }
}

TEST(AngularPower, BinsHoldEveryModeUpToNyquistOnceAndNoneIsEmpty) {
  for (const int grid : {4, 17, 64, 256}) {
    const FlatSky sky(grid, kSide);
    const EllBins bins(sky, 24);
    std::int64_t inside = 0, counted = 0;
    for (int i = 0; i < grid; ++i)
      for (int j = 0; j < grid; ++j) {
        const int n1 = sky.frequency(i), n2 = sky.frequency(j), square = n1 * n1 + n2 * n2;
        inside += square > 0 && square <= (grid / 2) * (grid / 2) ? 1 : 0;
      }
    for (const std::int64_t modes : bins.modes()) {
      EXPECT_GT(modes, 0);
      counted += modes;
    }
    EXPECT_EQ(counted, inside) << "grid " << grid;
    EXPECT_EQ(bins.bin_of(0, 0), bins.size()) << "the mean is in no bin";
    for (std::size_t b = 0; b < bins.size(); ++b) {
      EXPECT_LT(bins.lower()[b], bins.mean()[b]);
      EXPECT_LT(bins.mean()[b], bins.upper()[b]);
      if (b > 0) {
        EXPECT_DOUBLE_EQ(bins.lower()[b], bins.upper()[b - 1]);
      }
    }
  }
}

// Shear of a convergence field without B modes, or of one without E modes.
struct Shear {
  std::vector<double> gamma1, gamma2;
};

Shear shear_of(const FlatSky& sky, const std::vector<Complex>& kappa, bool b_modes) {
  std::vector<Complex> first(sky.modes()), second(sky.modes());
  for (int i = 0; i < sky.grid(); ++i)
    for (int j = 0; j < static_cast<int>(sky.columns()); ++j) {
      const std::size_t at = static_cast<std::size_t>(i) * sky.columns() + static_cast<std::size_t>(j);
      const double n1 = sky.frequency(i), n2 = j, square = n1 * n1 + n2 * n2;
      if (square == 0 || 2 * j == sky.grid() || -2 * sky.frequency(i) == sky.grid()) continue;
      const double cosine = (n1 * n1 - n2 * n2) / square, sine = 2.0 * n1 * n2 / square;
      first[at] = kappa[at] * (b_modes ? -sine : cosine);
      second[at] = kappa[at] * (b_modes ? cosine : sine);
    }
  return {map_of(sky, first), map_of(sky, second)};
}

ShearPower measured(const FlatSky& sky, const EllBins& bins, const Shear& shear,
                    const std::vector<double>& taper) {
  const auto spectrum = [&](std::vector<double> field) {
    for (std::size_t i = 0; i < taper.size(); ++i)
      for (std::size_t j = 0; j < taper.size(); ++j) field[i * taper.size() + j] *= taper[i] * taper[j];
    std::vector<Complex> result(sky.modes());
    sky.forward(field, result);
    return result;
  };
  return shear_power(sky, bins, spectrum(shear.gamma1), spectrum(shear.gamma2), mean_square(taper));
}

TEST(ShearPower, PeriodicFieldWithoutTaperHasNoBModesAtAll) {
  const FlatSky sky(128, kSide);
  const EllBins bins(sky, 12);
  const std::vector<Complex> kappa = gaussian_spectrum(sky, 7);
  const std::vector<double> none(128, 1.0);
  const ShearPower power = measured(sky, bins, shear_of(sky, kappa, false), none);
  std::vector<Complex> spectrum(sky.modes());
  sky.forward(map_of(sky, kappa), spectrum);
  const std::vector<double> expected = angular_power(sky, bins, spectrum);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    EXPECT_LT(power.b[b], 1e-25 * power.e[b]) << "bin " << b;
    // The last bin holds modes at Nyquist, which this shear was made without.
    if (b + 1 < bins.size()) {
      EXPECT_NEAR(power.e[b], expected[b], 1e-12 * expected[b]);
    }
  }
}

TEST(ShearPower, PureEAndPureBAreToldApartThroughTheTaper) {
  const FlatSky sky(256, kSide);
  const EllBins bins(sky, 12);
  const std::vector<Complex> kappa = gaussian_spectrum(sky, 8);
  const std::vector<double> taper = edge_taper(256);
  const ShearPower e = measured(sky, bins, shear_of(sky, kappa, false), taper);
  const ShearPower b = measured(sky, bins, shear_of(sky, kappa, true), taper);
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    // The same field turned by 45 degrees: what was E is B, to rounding.
    EXPECT_NEAR(b.b[bin], e.e[bin], 1e-10 * e.e[bin]);
    EXPECT_NEAR(b.e[bin], e.b[bin], 1e-10 * e.e[bin]);
    // The taper, a tenth of the side wide, mixes where ell is not large against 2 pi over its width.
    if (bins.lower()[bin] > 20 * 2.0 * kPi / kSide) {
      EXPECT_LT(e.b[bin], 0.02 * e.e[bin]) << "bin " << bin;
    }
  }
}

TEST(MapPeaks, ConstructedPeaksAndMinimaAreCountedExactly) {
  constexpr int kGrid = 40, kMargin = 3;
  std::vector<double> map(kGrid * kGrid, 0.0);
  const auto set = [&](int i, int j, double value) { map[static_cast<std::size_t>(i * kGrid + j)] = value; };
  // A slope keeps equal neighbours from being anything; on it, single pixels stand out.
  for (int i = 0; i < kGrid; ++i)
    for (int j = 0; j < kGrid; ++j) set(i, j, 1e-6 * (kGrid * i + j));
  set(10, 10, 1.0);
  set(20, 11, 2.0);
  set(30, 30, 2.0);
  set(5, 30, -1.0);
  set(12, 25, -3.0);
  set(kMargin, kMargin, 1.5);  // the first pixel that counts
  set(1, 20, 9.0);             // in the strip
  set(20, kMargin - 1, 9.0);   // likewise
  set(15, 20, 1.0);            // two equal neighbours: neither is above the other
  set(15, 21, 1.0);
  set(25, 15, 1.0);  // lower than its diagonal neighbour
  set(26, 16, 1.2);
  const PeakCounts counts = count_peaks(map, kGrid, kMargin, {-1000, 1000, 1});
  EXPECT_EQ(counts.pixels, (kGrid - 2 * kMargin) * (kGrid - 2 * kMargin));
  // Pixels: 1.0, 2.0, 2.0, 1.5, 1.2.
  EXPECT_EQ(counts.peaks, (std::vector<std::int64_t>{0, 5, 0}));
  EXPECT_EQ(counts.minima, (std::vector<std::int64_t>{0, 2, 0}));

  // By height: in units of sigma from the mean.
  const auto at = [&](double value) { return (value - counts.mean) / counts.sigma; };
  const EqualBins heights{at(1.15), at(2.15), 10};  // 1.15, 1.25, ... 2.15
  const PeakCounts binned = count_peaks(map, kGrid, kMargin, heights);
  std::int64_t inside = 0;
  for (int b = 1; b <= heights.count; ++b) inside += binned.peaks[static_cast<std::size_t>(b)];
  EXPECT_EQ(binned.peaks.front(), 1) << "1.0 lies below the lowest edge";
  EXPECT_EQ(inside, 4);
  EXPECT_EQ(binned.peaks[static_cast<std::size_t>(heights.place(at(2.0)))], 2);
  EXPECT_EQ(binned.peaks.back(), 0);
  EXPECT_EQ(binned.minima.front(), 2);
}

TEST(MapPeaks, FieldTooSmallForTheScaleCountsNothing) {
  const PeakCounts counts = count_peaks(std::vector<double>(64, 1.0), 8, 4, {-5, 5, 10});
  EXPECT_EQ(counts.pixels, 0);
  EXPECT_EQ(counts.peaks, std::vector<std::int64_t>(12, 0));
}

TEST(MapPeaks, SmoothingTurnsAPointIntoAGaussianOfItsScale) {
  constexpr int kGrid = 64;
  const FlatSky sky(kGrid, kSide);
  std::vector<double> map(sky.pixels(), 0.0), smoothed(sky.pixels());
  map[32 * kGrid + 32] = 1.0;
  std::vector<Complex> spectrum(sky.modes()), work(sky.modes());
  sky.forward(map, spectrum);
  constexpr double kScale = 3.0;
  const GaussianSmoothing smoothing(sky, kScale);
  EXPECT_EQ(smoothing.margin(), 9);
  smoothing.apply(spectrum, work, smoothed);
  for (int i = 20; i < 45; ++i)
    for (int j = 20; j < 45; ++j) {
      const double square = (i - 32) * (i - 32) + (j - 32) * (j - 32);
      EXPECT_NEAR(smoothed[static_cast<std::size_t>(i * kGrid + j)],
                  std::exp(-0.5 * square / (kScale * kScale)) / (2.0 * kPi * kScale * kScale), 1e-12);
    }
}

TEST(MapPeaks, DecayIsTheExponential) {
  for (const double x : {0.0, 1e-9, 0.1, 0.25, 0.26, 1.0, 7.5, 40.0, 600.0})
    EXPECT_NEAR(decay(x), std::exp(-x), 1e-12 * std::exp(-x)) << x;
  EXPECT_EQ(decay(1e6), 0.0);
}

TEST(MapMoments, ConstantMapHasNoShape) {
  const MapMoments moments = moments_of(std::vector<double>(1500, 0.25));
  EXPECT_EQ(moments.mean, 0.25);
  EXPECT_EQ(moments.variance, 0.0);
  EXPECT_EQ(moments.skewness, 0.0);
  EXPECT_EQ(moments.kurtosis, 0.0);
}

TEST(MapMoments, HistogramCountsEveryValueOnceEdgesIncludedBelow) {
  const EqualBins bins{0.0, 1.0, 4};
  EXPECT_EQ(histogram(std::vector<double>{-0.5, 0.0, 0.25, 0.3, 0.999, 1.0, 7.0}, 0.0, 1.0, bins),
            (std::vector<std::int64_t>{1, 1, 2, 0, 1, 2}));
  EXPECT_EQ(histogram(std::vector<double>{4.0, 6.0}, 3.0, 4.0, bins),
            (std::vector<std::int64_t>{0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(histogram(std::vector<double>{4.0, 6.0}, 3.0, 0.0, bins),
            (std::vector<std::int64_t>{0, 2, 0, 0, 0, 0}))
      << "a constant map lies at 0 sigma";
}

TEST(KappaStatistics, OneMapGivesTheSameWhateverWasMeasuredBefore) {
  const KappaStatistics kernel(settings_of(64));
  const FlatSky sky(64, kSide);
  const std::vector<double> map = map_of(sky, gaussian_spectrum(sky, 3));
  const std::vector<double> other = map_of(sky, gaussian_spectrum(sky, 4));
  KappaStatistics::Workspace fresh = kernel.workspace(), used = kernel.workspace();
  kernel.measure(other, other, map, used);
  const KappaMeasures a = kernel.measure(map, {}, {}, fresh), b = kernel.measure(map, {}, {}, used);
  EXPECT_EQ(a.c_ell, b.c_ell);
  EXPECT_EQ(a.smoothed[0].peaks, b.smoothed[0].peaks);
  EXPECT_EQ(a.smoothed[0].sigma, b.smoothed[0].sigma);
  EXPECT_TRUE(a.shear.e.empty());
}

}  // namespace
}  // namespace lenswright
