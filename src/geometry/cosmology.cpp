#include "geometry/cosmology.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {

namespace {

constexpr double kHubbleDistance = kSpeedOfLightKmS / kHubbleKmSMpcH;  // Mpc/h

// Gauss-Legendre nodes and weights on [-1, 1], eight points (Abramowitz & Stegun, table 25.4). The
// integrand's nearest singularity lies at |z| >= 1 from the real axis' positive half: with panels of this
// width the error per panel is below rounding.
constexpr std::array<double, 4> kNodes{0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                       0.9602898564975363};
constexpr std::array<double, 4> kWeights{0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                         0.1012285362903763};
constexpr double kPanelWidth = 0.25;
constexpr double kLargestRedshift = 1000.0;

}  // namespace

double Cosmology::expansion_rate(double z) const {
  const double one_plus_z = 1.0 + z;
  return std::sqrt(omega_m_ * one_plus_z * one_plus_z * one_plus_z + (1.0 - omega_m_));
}

double Cosmology::comoving_distance(double z) const {
  const double panels = std::ceil(z / kPanelWidth);
  const double half_width = panels > 0 ? 0.5 * z / panels : 0.0;
  double sum = 0;
  for (double panel = 0; panel < panels; panel += 1) {
    const double centre = (2.0 * panel + 1.0) * half_width;
    for (std::size_t node = 0; node < kNodes.size(); ++node) {
      const double offset = half_width * kNodes[node];
      sum += kWeights[node] * (1.0 / expansion_rate(centre - offset) + 1.0 / expansion_rate(centre + offset));
    }
  }
  return kHubbleDistance * (half_width * sum);
}

double Cosmology::redshift_at(double chi_mpc_h) const {
  // Newton's method. The distance is a concave function of z, so from below the iterates rise towards the
  // solution and never pass it, but for rounding: the first that does not rise is the answer.
  double z = chi_mpc_h / kHubbleDistance;
  while (z < kLargestRedshift) {
    const double next = z + (chi_mpc_h - comoving_distance(z)) * expansion_rate(z) / kHubbleDistance;
    if (!(next > z)) return z;
    z = next;
  }
  throw NumericError(
      fmt::format("no redshift below {} is {} Mpc/h away with omega_m = {}: the light cone is too deep",
                  kLargestRedshift, chi_mpc_h, omega_m_));
}

}  // namespace lenswright
