#include "physics/kappa_statistics.hpp"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace lenswright {

KappaStatistics::Workspace::Workspace(const FlatSky& sky)
    : spectrum(sky.modes()), work(sky.modes()), map(sky.pixels()) {}

KappaStatistics::KappaStatistics(const KappaStatisticsSettings& settings)
    : settings_(settings),
      sky_(settings.grid, settings.side_rad),
      ell_(sky_, settings.ell_bins),
      taper_(edge_taper(settings.grid)),
      taper_square_(mean_square(taper_)) {
  for (const double scale : settings.smoothing_rad)
    smoothing_.emplace_back(sky_, scale * settings.grid / settings.side_rad);
}

KappaMeasures KappaStatistics::measure(std::span<const double> kappa, std::span<const double> gamma1,
                                       std::span<const double> gamma2, Workspace& workspace) const {
  assert(kappa.size() == sky_.pixels() && gamma1.size() == gamma2.size());
  KappaMeasures measures;
  measures.moments = moments_of(kappa);
  measures.pdf_kappa = histogram(kappa, 0.0, 1.0, settings_.pdf_kappa);
  measures.pdf_sigma =
      histogram(kappa, measures.moments.mean, std::sqrt(measures.moments.variance), settings_.pdf_sigma);

  const auto spectrum = workspace.spectrum.values(), work = workspace.work.values();
  const auto map = workspace.map.values();
  sky_.forward(kappa, spectrum);
  measures.c_ell = angular_power(sky_, ell_, spectrum);
  for (const GaussianSmoothing& smoothing : smoothing_) {
    smoothing.apply(spectrum, work, map);
    measures.smoothed.push_back(count_peaks(map, settings_.grid, smoothing.margin(), settings_.heights));
  }
  if (gamma1.empty()) return measures;

  const auto tapered = [&](std::span<const double> field, std::span<FlatSky::Complex> into) {
    const std::size_t side = static_cast<std::size_t>(settings_.grid);
    for (std::size_t i = 0; i < side; ++i)
      for (std::size_t j = 0; j < side; ++j)
        map[i * side + j] = field[i * side + j] * (taper_[i] * taper_[j]);
    sky_.forward(map, into);
  };
  tapered(gamma1, spectrum);
  tapered(gamma2, work);
  measures.shear = shear_power(sky_, ell_, spectrum, work, taper_square_);
  return measures;
}

}  // namespace lenswright
