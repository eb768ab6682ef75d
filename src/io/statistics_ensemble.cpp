// ensemble_of, declared in statistics_file.hpp.
#include <cassert>
#include <cmath>

#include "io/statistics_file.hpp"

namespace lenswright {

StatisticsEnsemble ensemble_of(const std::vector<const MapStatistics*>& maps) {
  assert(!maps.empty());
  const double count = static_cast<double>(maps.size());
  const double freedom = maps.size() > 1 ? count - 1.0 : 1.0;
  StatisticsEnsemble ensemble;
  for (std::size_t s = 0; s < kStatisticCount; ++s) {
    const auto statistic = static_cast<Statistic>(s);
    const std::size_t size = (*maps.front())[statistic].size();
    std::vector<double> mean(size, 0.0), scatter(size, 0.0);
    for (const MapStatistics* map : maps) {
      assert((*map)[statistic].size() == size);
      for (std::size_t k = 0; k < size; ++k) mean[k] += (*map)[statistic][k];
    }
    for (double& value : mean) value /= count;
    for (const MapStatistics* map : maps)
      for (std::size_t k = 0; k < size; ++k) {
        const double off = (*map)[statistic][k] - mean[k];
        scatter[k] += off * off;
      }
    for (double& value : scatter) value = std::sqrt(value / freedom);
    ensemble.mean[statistic] = std::move(mean);
    ensemble.scatter[statistic] = std::move(scatter);
  }
  const std::vector<double>& mean = ensemble.mean[Statistic::c_ell];
  const std::size_t bins = mean.size();
  ensemble.c_ell_covariance.assign(bins * bins, 0.0);
  for (const MapStatistics* map : maps) {
    const std::vector<double>& power = (*map)[Statistic::c_ell];
    for (std::size_t a = 0; a < bins; ++a)
      for (std::size_t b = 0; b < bins; ++b)
        ensemble.c_ell_covariance[a * bins + b] += (power[a] - mean[a]) * (power[b] - mean[b]);
  }
  for (double& value : ensemble.c_ell_covariance) value /= freedom;
  return ensemble;
}

}  // namespace lenswright
