#include "report/map_outliers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lenswright {

namespace {

constexpr double kMadToSigma = 1.4826;  // of a Gaussian
// A scatter below this part of the values is rounding: maps that agree so well differ by nothing that matters.
constexpr double kSmallestScatter = 1e-12;
// Models that are nearly the same to the last digit scatter by nothing: their ratios are not told apart below this.
constexpr double kSmallestRatioScatter = 1e-3;

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

// The positions of values in ascending order.
std::vector<std::size_t> order_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

// Of all values but the one at place `rank` of their order.
double median_without(const std::vector<double>& values, const std::vector<std::size_t>& order,
                      std::size_t rank) {
  const std::size_t left = order.size() - 1;
  const auto at = [&](std::size_t k) { return values[order[k < rank ? k : k + 1]]; };
  return left % 2 == 1 ? at(left / 2) : 0.5 * (at(left / 2 - 1) + at(left / 2));
}

// Signed deviation of each value from all others, in units of their scatter. Leaving out one value moves the median to
// one of three at most, so a few sorts serve all.
// `smallest`: the scatter is taken to be no less.
std::vector<double> deviations(const std::vector<double>& values, double smallest = 0) {
  const std::vector<std::size_t> order = order_of(values);
  std::vector<double> result(values.size()), absolute(values.size());
  std::vector<std::size_t> absolute_order, absolute_rank(values.size());
  double median = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t k = order[rank];
    if (const double own = median_without(values, order, rank); own != median) {
      median = own;
      for (std::size_t i = 0; i < values.size(); ++i) absolute[i] = std::abs(values[i] - median);
      absolute_order = order_of(absolute);
      for (std::size_t i = 0; i < absolute_order.size(); ++i) absolute_rank[absolute_order[i]] = i;
    }
    const double sigma = std::max({kMadToSigma * median_without(absolute, absolute_order, absolute_rank[k]),
                                   kSmallestScatter * std::abs(median), smallest});
    const double off = values[k] - median;
    result[k] = off == 0    ? 0.0
                : sigma > 0 ? off / sigma
                            : std::copysign(std::numeric_limits<double>::max(), off);
  }
  return result;
}

// Of a number that is above 0 in a sound map; one that is not lies far below all others.
double safe_log(double value) {
  return std::log(std::max(value, std::numeric_limits<double>::min()));
}

struct SpectrumDeviation {
  std::size_t bin = 0;  // the one farthest off
  double sigmas = 0;    // of it, signed
};

std::vector<SpectrumDeviation> spectrum_deviations(const std::vector<EnsembleMap>& maps, std::size_t bins) {
  std::vector<SpectrumDeviation> result(maps.size());
  std::vector<double> values(maps.size());
  for (std::size_t b = 0; b < bins; ++b) {
    for (std::size_t m = 0; m < maps.size(); ++m)
      values[m] = std::cbrt((*maps[m].statistics)[Statistic::c_ell].at(b));
    const std::vector<double> off = deviations(values);
    for (std::size_t m = 0; m < maps.size(); ++m)
      if (std::abs(off[m]) > std::abs(result[m].sigmas)) result[m] = {b, off[m]};
  }
  return result;
}

// The twins' ratios: per map its mean, variance and power spectrum against dmo's.
MapStatistics against_twin(const MapStatistics& map, const MapStatistics& twin) {
  const auto log_ratio = [](double above, double below) { return safe_log(above) - safe_log(below); };
  MapStatistics ratio;
  const double spread = std::sqrt(twin.scalar(Statistic::variance));
  const double shift = map.scalar(Statistic::mean) - twin.scalar(Statistic::mean);
  ratio[Statistic::mean] = {spread > 0 ? shift / spread : 0.0};
  ratio[Statistic::variance] = {log_ratio(map.scalar(Statistic::variance), twin.scalar(Statistic::variance))};
  for (std::size_t b = 0; b < map[Statistic::c_ell].size(); ++b)
    ratio[Statistic::c_ell].push_back(log_ratio(map[Statistic::c_ell][b], twin[Statistic::c_ell].at(b)));
  return ratio;
}

// The number of scatters, found from so many maps, that is as improbable as `sigmas` of a known one: quantiles of
// Student's distribution by their expansion in 1 / freedom (Abramowitz & Stegun 26.7.5).
double limit_of(double sigmas, std::size_t maps) {
  constexpr double kWorth = 0.37;  // of a median absolute deviation, against a standard deviation
  const double freedom = kWorth * static_cast<double>(maps - 1), z = sigmas, square = z * z;
  return z + z * (square + 1) / (4 * freedom) +
         z * ((5 * square + 16) * square + 3) / (96 * freedom * freedom) +
         z * (((3 * square + 19) * square + 17) * square - 15) / (384 * freedom * freedom * freedom);
}

// Of the farthest of several: a Gaussian's tail falls as exp(-sigmas^2 / 2).
double limit_among(double sigmas, std::size_t several) {
  return std::sqrt(sigmas * sigmas + 2.0 * std::log(static_cast<double>(std::max<std::size_t>(several, 1))));
}

std::string sentence(std::string_view what, double value, double usual, double sigmas) {
  return fmt::format("{} {:.4g}, {:.1f} sigma {} the usual {:.4g} of its model", what, value,
                     std::abs(sigmas), sigmas > 0 ? "above" : "below", usual);
}

double median_statistic(const std::vector<EnsembleMap>& maps, Statistic statistic, std::size_t element) {
  std::vector<double> values;
  for (const EnsembleMap& map : maps) values.push_back((*map.statistics)[statistic].at(element));
  return median_of(values);
}

// What is off in one number of the twins' ratios.
struct RatioDeviation {
  std::size_t element = 0;
  double sigmas = 0, usual = 0;
};

// Per map, of the elements of one statistic the one that is farthest off and off by enough to matter.
std::vector<RatioDeviation> ratio_deviations(const std::vector<MapStatistics>& ratios, Statistic statistic) {
  std::vector<RatioDeviation> result(ratios.size());
  std::vector<double> values(ratios.size());
  for (std::size_t k = 0; k < ratios.front()[statistic].size(); ++k) {
    for (std::size_t m = 0; m < ratios.size(); ++m) values[m] = ratios[m][statistic][k];
    const std::vector<double> off = deviations(values, kSmallestRatioScatter);
    std::vector<double> sorted = values;
    const double usual = median_of(sorted);
    for (std::size_t m = 0; m < ratios.size(); ++m)
      if (std::abs(values[m] - usual) > kSmallestEffect && std::abs(off[m]) > std::abs(result[m].sigmas))
        result[m] = {k, off[m], usual};
  }
  return result;
}

std::string ratio_sentence(Statistic statistic, const MapStatistics& ratio, const RatioDeviation& off) {
  const double value = ratio[statistic][off.element];
  const std::string tail =
      fmt::format("{:.1f} sigma {} the usual", std::abs(off.sigmas), off.sigmas > 0 ? "above" : "below");
  if (statistic == Statistic::mean)
    return fmt::format("its mean kappa less dmo's of the same run is {:.3g} of dmo's scatter, {} {:.3g}",
                       value, tail, off.usual);
  const std::string what = statistic == Statistic::variance
                               ? std::string("its variance")
                               : fmt::format("its power spectrum, most in bin {},", off.element);
  return fmt::format("{} is {:.4g} times dmo's of the same run, {} {:.4g}", what, std::exp(value), tail,
                     std::exp(off.usual));
}

// Of those maps that have a twin; what a map is flagged for already is left out.
void add_ratio_outliers(const std::vector<EnsembleMap>& maps, double sigmas,
                        std::vector<MapOutlier>& outliers) {
  std::vector<const EnsembleMap*> paired;
  std::vector<MapStatistics> ratios;
  for (const EnsembleMap& map : maps) {
    if (map.twin == nullptr) continue;
    paired.push_back(&map);
    ratios.push_back(against_twin(*map.statistics, *map.twin));
  }
  if (paired.size() < kFewestMaps) return;
  const auto known = [&](const EnsembleMap& map, Statistic statistic) {
    return std::any_of(outliers.begin(), outliers.end(), [&](const MapOutlier& outlier) {
      return outlier.realization == map.realization && outlier.run == map.run &&
             outlier.statistic == statistic;
    });
  };
  for (const Statistic statistic : {Statistic::mean, Statistic::variance, Statistic::c_ell}) {
    const double limit = limit_of(limit_among(sigmas, ratios.front()[statistic].size()), paired.size());
    const std::vector<RatioDeviation> off = ratio_deviations(ratios, statistic);
    for (std::size_t m = 0; m < paired.size(); ++m)
      if (std::abs(off[m].sigmas) > limit && !known(*paired[m], statistic))
        outliers.push_back({paired[m]->realization, paired[m]->run, statistic, off[m].sigmas,
                            ratio_sentence(statistic, ratios[m], off[m]), true});
  }
}

}  // namespace

std::vector<MapOutlier> map_outliers(const std::vector<EnsembleMap>& maps, double sigmas) {
  std::vector<MapOutlier> outliers;
  if (maps.size() < kFewestMaps) return outliers;
  std::vector<double> means, variances;
  for (const EnsembleMap& map : maps) {
    means.push_back(map.statistics->scalar(Statistic::mean));
    variances.push_back(safe_log(map.statistics->scalar(Statistic::variance)));
  }
  const std::vector<double> mean = deviations(means), variance = deviations(variances);
  const std::size_t bins = (*maps.front().statistics)[Statistic::c_ell].size();
  const std::vector<SpectrumDeviation> spectrum = spectrum_deviations(maps, bins);
  const double limit = limit_of(sigmas, maps.size());
  const double bin_limit = limit_of(limit_among(sigmas, bins), maps.size());
  for (std::size_t m = 0; m < maps.size(); ++m) {
    const auto add = [&](Statistic statistic, double off, std::string because) {
      outliers.push_back({maps[m].realization, maps[m].run, statistic, off, std::move(because), false});
    };
    if (std::abs(mean[m]) > limit)
      add(Statistic::mean, mean[m],
          sentence("its mean kappa is", means[m], median_statistic(maps, Statistic::mean, 0), mean[m]));
    if (std::abs(variance[m]) > limit)
      add(Statistic::variance, variance[m],
          sentence("its variance is", maps[m].statistics->scalar(Statistic::variance),
                   median_statistic(maps, Statistic::variance, 0), variance[m]));
    if (const auto [bin, off] = spectrum[m]; std::abs(off) > bin_limit)
      add(Statistic::c_ell, off,
          fmt::format("its power spectrum is off its ensemble, most in bin {}: {}", bin,
                      sentence("C_ell is", (*maps[m].statistics)[Statistic::c_ell][bin],
                               median_statistic(maps, Statistic::c_ell, bin), off)));
  }
  add_ratio_outliers(maps, sigmas, outliers);
  return outliers;
}

}  // namespace lenswright
