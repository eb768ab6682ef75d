#include "report/map_outliers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <random>
#include <vector>

namespace lenswright {
namespace {

constexpr int kGrid = 96;
constexpr std::size_t kPixels = kGrid * kGrid;

// exp(-2 pi i k / kGrid)
const std::vector<std::complex<double>>& turns() {
  static const std::vector<std::complex<double>> kTurns = [] {
    std::vector<std::complex<double>> all;
    for (int k = 0; k < kGrid; ++k) all.push_back(std::polar(1.0, -2.0 * M_PI * k / kGrid));
    return all;
  }();
  return kTurns;
}

// A map's mean, variance and spectrum by definition: rows and columns of cosines and sines.
MapStatistics statistics_of(const std::vector<double>& map) {
  MapStatistics statistics;
  double mean = 0, square = 0;
  for (const double value : map) mean += value / kPixels;
  for (const double value : map) square += (value - mean) * (value - mean) / kPixels;
  statistics[Statistic::mean] = {mean};
  statistics[Statistic::variance] = {square};
  using Complex = std::complex<double>;
  const auto transform = [](const std::vector<Complex>& from, std::size_t step, std::size_t lines) {
    const Complex* const turn = turns().data();
    std::vector<Complex> to(kPixels);
    for (std::size_t line = 0; line < kGrid; ++line) {
      const Complex* const values = from.data() + line * lines;
      for (std::size_t n = 0; n < kGrid; ++n) {
        double real = 0, imaginary = 0;
        for (std::size_t x = 0, k = 0; x < kGrid; ++x) {
          const Complex value = values[x * step], here = turn[k];
          real += value.real() * here.real() - value.imag() * here.imag();
          imaginary += value.real() * here.imag() + value.imag() * here.real();
          k = k + n < kGrid ? k + n : k + n - kGrid;
        }
        to[line * lines + n * step] = {real, imaginary};
      }
    }
    return to;
  };
  const std::vector<Complex> spectrum = transform(transform({map.begin(), map.end()}, 1, kGrid), kGrid, 1);
  std::vector<double> power(8, 0.0), modes(8, 0.0);
  for (int i = 0; i < kGrid; ++i)
    for (int j = 0; j < kGrid; ++j) {
      const double n = std::hypot(i <= kGrid / 2 ? i : i - kGrid, j <= kGrid / 2 ? j : j - kGrid);
      const auto bin = static_cast<std::size_t>(n / 6.0);
      if (n == 0 || bin >= power.size()) continue;
      power[bin] += std::norm(spectrum[static_cast<std::size_t>(i * kGrid + j)]);
      ++modes[bin];
    }
  for (std::size_t b = 0; b < power.size(); ++b) power[b] /= modes[b];
  statistics[Statistic::c_ell] = power;
  return statistics;
}

// Correlated over a few pixels, and lognormal: rich fields have a tail of high values, as convergence has.
std::vector<double> lognormal_map(unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> noise(kPixels), map(kPixels);
  for (double& value : noise) value = normal(random);
  constexpr int kReach = 2, kSide = 2 * kReach + 1;
  std::array<double, kSide * kSide> weights{};
  for (int a = -kReach; a <= kReach; ++a)
    for (int b = -kReach; b <= kReach; ++b)
      weights[static_cast<std::size_t>((a + kReach) * kSide + b + kReach)] = std::exp(-0.5 * (a * a + b * b));
  for (int i = 0; i < kGrid; ++i)
    for (int j = 0; j < kGrid; ++j) {
      double sum = 0;
      for (int a = -kReach; a <= kReach; ++a)
        for (int b = -kReach; b <= kReach; ++b)
          sum += weights[static_cast<std::size_t>((a + kReach) * kSide + b + kReach)] *
                 noise[static_cast<std::size_t>((i + a + kGrid) % kGrid * kGrid + (j + b + kGrid) % kGrid)];
      map[static_cast<std::size_t>(i * kGrid + j)] = 0.02 * (std::exp(0.15 * sum - 0.035) - 1.0);
    }
  return map;
}

// A small field: structures of several pixels, of lognormal amplitude 0.35.
std::vector<double> rich_map(unsigned seed) {
  constexpr int kReach = 7;
  constexpr double kAmplitude = 0.35, kWidth = 2.5;
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> map(kPixels), along(kPixels);
  for (double& value : map) value = normal(random);
  for (const std::size_t step : {std::size_t{1}, std::size_t{kGrid}}) {
    double squares = 0;
    std::fill(along.begin(), along.end(), 0.0);
    for (int a = -kReach; a <= kReach; ++a) {
      const double weight = std::exp(-0.5 * a * a / (kWidth * kWidth));
      squares += weight * weight;
      for (std::size_t at = 0; at < kPixels; ++at) {
        const std::size_t x = at / step % kGrid;
        const std::size_t from = (x + static_cast<std::size_t>(a + kGrid)) % kGrid;
        along[at] += weight * map[at + from * step - x * step];
      }
    }
    for (std::size_t at = 0; at < kPixels; ++at) map[at] = along[at] / std::sqrt(squares);
  }
  for (double& value : map)
    value = 0.1 * (std::exp(kAmplitude * value - 0.5 * kAmplitude * kAmplitude) - 1.0);
  return map;
}

// What baryons make of it: less power on small scales, and peaks that lose a part which differs from field to field.
std::vector<double> with_baryons(const std::vector<double>& dark, unsigned seed) {
  std::mt19937_64 random(1000 + seed);
  std::uniform_real_distribution<double> part(0.1, 0.4);
  const double lost = part(random);
  std::vector<double> map(kPixels);
  for (int i = 0; i < kGrid; ++i)
    for (int j = 0; j < kGrid; ++j) {
      double around = 0;
      for (int a = -1; a <= 1; ++a)
        for (int b = -1; b <= 1; ++b)
          around +=
              dark[static_cast<std::size_t>((i + a + kGrid) % kGrid * kGrid + (j + b + kGrid) % kGrid)] / 9;
      const auto at = static_cast<std::size_t>(i * kGrid + j);
      map[at] = dark[at] - 0.1 * (dark[at] - around) - lost * std::max(0.0, dark[at] - 0.05);
    }
  return map;
}

std::vector<double> noise_map(double sigma, double mean) {
  std::mt19937_64 random(99);
  std::normal_distribution<double> normal(mean, sigma);
  std::vector<double> map(kPixels);
  for (double& value : map) value = normal(random);
  return map;
}

// 20 realizations of 10 runs; the map under test takes the place of one of them.
class MapOutliers : public testing::Test {
 protected:
  static constexpr std::size_t kGood = 200, kPlace = 117;
  static const std::vector<MapStatistics>& good() {
    static const std::vector<MapStatistics> kMaps = [] {
      std::vector<MapStatistics> maps;
      for (unsigned seed = 1; seed <= kGood; ++seed) maps.push_back(statistics_of(lognormal_map(seed)));
      return maps;
    }();
    return kMaps;
  }
  static std::vector<EnsembleMap> ensemble(const MapStatistics* wrong) {
    std::vector<EnsembleMap> maps;
    for (std::size_t m = 0; m < kGood; ++m)
      maps.push_back({static_cast<int>(m / 10), static_cast<int>(m % 10) + 1,
                      wrong != nullptr && m == kPlace ? wrong : &good()[m], nullptr});
    return maps;
  }
  static std::vector<MapOutlier> flagged_of(const std::vector<double>& wrong_map) {
    const MapStatistics wrong = statistics_of(wrong_map);
    const std::vector<MapOutlier> outliers = map_outliers(ensemble(&wrong));
    for (const MapOutlier& outlier : outliers) {
      EXPECT_EQ(outlier.realization, 11) << outlier.because;
      EXPECT_EQ(outlier.run, 8) << outlier.because;
    }
    return outliers;
  }
  static bool fails(const std::vector<MapOutlier>& outliers, Statistic statistic) {
    return std::any_of(outliers.begin(), outliers.end(),
                       [&](const MapOutlier& outlier) { return outlier.statistic == statistic; });
  }
};

TEST_F(MapOutliers, NoneOf200GoodMapsIsFlagged) {
  const std::vector<MapOutlier> outliers = map_outliers(ensemble(nullptr));
  for (const MapOutlier& outlier : outliers)
    ADD_FAILURE() << outlier.realization << " " << outlier.run << ": " << outlier.because;
}

TEST_F(MapOutliers, MapScaledBy12IsFlagged) {
  std::vector<double> map = lognormal_map(kPlace + 1);
  for (double& value : map) value *= 1.2;
  EXPECT_TRUE(fails(flagged_of(map), Statistic::c_ell));
}

TEST_F(MapOutliers, ShiftedMapIsFlaggedByItsMeanAlone) {
  std::vector<double> map = lognormal_map(kPlace + 1);
  for (double& value : map) value += 0.01;
  const std::vector<MapOutlier> outliers = flagged_of(map);
  ASSERT_EQ(outliers.size(), 1u);
  EXPECT_EQ(outliers[0].statistic, Statistic::mean);
  EXPECT_GT(outliers[0].sigmas, kOutlierSigmas);
  EXPECT_NE(outliers[0].because.find("above the usual"), std::string::npos) << outliers[0].because;
}

TEST_F(MapOutliers, NoiseOfTheRightMeanAndVarianceIsFlaggedByItsSpectrum) {
  const MapStatistics& usual = good()[kPlace];
  const std::vector<MapOutlier> outliers =
      flagged_of(noise_map(std::sqrt(usual.scalar(Statistic::variance)), usual.scalar(Statistic::mean)));
  EXPECT_TRUE(fails(outliers, Statistic::c_ell));
  EXPECT_FALSE(fails(outliers, Statistic::mean));
}

TEST_F(MapOutliers, ConstantMapIsFlaggedWithoutANumberThatIsNone) {
  const std::vector<MapOutlier> outliers = flagged_of(std::vector<double>(kPixels, 0.0));
  EXPECT_TRUE(fails(outliers, Statistic::variance));
  for (const MapOutlier& outlier : outliers) EXPECT_TRUE(std::isfinite(outlier.sigmas));
}

// Rich fields that differ by so much that a factor of 1.2 is nothing unusual: 200 of dmo, and of hydro their twins.
class PairedMapOutliers : public testing::Test {
 protected:
  static constexpr std::size_t kGood = 200, kPlace = 117;
  struct Twins {
    std::vector<MapStatistics> dmo, hydro;
  };
  static std::vector<double> dark(std::size_t place) { return rich_map(static_cast<unsigned>(5000 + place)); }
  static std::vector<double> hydro(std::size_t place) {
    return with_baryons(dark(place), static_cast<unsigned>(place));
  }
  static const Twins& good() {
    static const Twins kTwins = [] {
      Twins twins;
      for (std::size_t place = 0; place < kGood; ++place) {
        twins.dmo.push_back(statistics_of(dark(place)));
        twins.hydro.push_back(statistics_of(hydro(place)));
      }
      return twins;
    }();
    return kTwins;
  }
  static std::vector<MapOutlier> flagged_of(const std::vector<double>* wrong_map, bool with_twins = true) {
    const MapStatistics wrong = wrong_map != nullptr ? statistics_of(*wrong_map) : MapStatistics{};
    std::vector<EnsembleMap> maps;
    for (std::size_t m = 0; m < kGood; ++m)
      maps.push_back({static_cast<int>(m / 10), static_cast<int>(m % 10) + 1,
                      wrong_map != nullptr && m == kPlace ? &wrong : &good().hydro[m],
                      with_twins ? &good().dmo[m] : nullptr});
    const std::vector<MapOutlier> outliers = map_outliers(maps);
    for (const MapOutlier& outlier : outliers) {
      EXPECT_EQ(outlier.realization, 11) << outlier.because;
      EXPECT_EQ(outlier.run, 8) << outlier.because;
    }
    return outliers;
  }
};

TEST_F(PairedMapOutliers, NoneOf200GoodMapsIsFlagged) {
  EXPECT_TRUE(flagged_of(nullptr).empty());
  // As good as they get: the very maps of dmo, and a few that differ in the last digits.
  std::vector<MapStatistics> same = good().dmo;
  for (std::size_t m = 0; m < kGood; m += 7) same[m][Statistic::variance][0] *= 1 + 1e-15;
  std::vector<EnsembleMap> maps;
  for (std::size_t m = 0; m < kGood; ++m)
    maps.push_back({0, static_cast<int>(m) + 1, &same[m], &good().dmo[m]});
  EXPECT_TRUE(map_outliers(maps).empty());
}

TEST_F(PairedMapOutliers, MapScaledBy12IsFlaggedByItsTwinWhereTheEnsembleCannotTell) {
  std::vector<double> map = hydro(kPlace);
  for (double& value : map) value *= 1.2;
  EXPECT_TRUE(flagged_of(&map, false).empty());
  const std::vector<MapOutlier> outliers = flagged_of(&map);
  ASSERT_FALSE(outliers.empty());
  for (const MapOutlier& outlier : outliers) {
    EXPECT_TRUE(outlier.to_twin);
    EXPECT_GT(outlier.sigmas, kOutlierSigmas);
    EXPECT_NE(outlier.because.find("times dmo's of the same run"), std::string::npos) << outlier.because;
  }
}

TEST_F(PairedMapOutliers, ShiftedMapAndNoiseAreFlagged) {
  std::vector<double> map = hydro(kPlace);
  for (double& value : map) value += 0.01;
  ASSERT_FALSE(flagged_of(&map).empty());
  EXPECT_EQ(flagged_of(&map).front().statistic, Statistic::mean);
  const MapStatistics& usual = good().hydro[kPlace];
  map = noise_map(std::sqrt(usual.scalar(Statistic::variance)), usual.scalar(Statistic::mean));
  EXPECT_FALSE(flagged_of(&map).empty());
}

TEST_F(MapOutliers, AFewMapsAreNoEnsemble) {
  std::vector<EnsembleMap> maps = ensemble(nullptr);
  maps.resize(kFewestMaps - 1);
  MapStatistics wrong = good()[0];
  wrong[Statistic::mean] = {100.0};
  maps[3].statistics = &wrong;
  EXPECT_TRUE(map_outliers(maps).empty());
  maps.push_back({0, 99, &good()[50], nullptr});
  EXPECT_EQ(map_outliers(maps).size(), 1u);
}

TEST_F(MapOutliers, SeveralBadMapsDoNotHideOneAnother) {
  std::vector<MapStatistics> wrong(20, good()[5]);
  std::vector<EnsembleMap> maps = ensemble(nullptr);
  for (std::size_t k = 0; k < wrong.size(); ++k) {
    wrong[k][Statistic::mean] = {good()[k].scalar(Statistic::mean) + 0.05};
    maps[10 * k].statistics = &wrong[k];
  }
  std::size_t by_mean = 0;
  for (const MapOutlier& outlier : map_outliers(maps))
    by_mean += outlier.statistic == Statistic::mean ? 1 : 0;
  EXPECT_EQ(by_mean, wrong.size());
}

}  // namespace
}  // namespace lenswright
