#include "geometry/cosmology.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {
namespace {

constexpr double kHubbleDistance = kSpeedOfLightKmS / kHubbleKmSMpcH;
// What the header promises, for z <= 20.
constexpr double kDistanceTolerance = 1e-12;
constexpr double kRedshiftTolerance = 1e-11;

// Another variable (the scale factor's square root, in which the integrand is smooth), another rule
// (Simpson's), another precision.
double distance_by_simpson(double omega_m, double z) {
  // dz / E = 2 ds / sqrt(omega_m + (1 - omega_m) s^6) with a = s^2
  const auto integrand = [&](long double s) {
    const long double s3 = s * s * s;
    return 2.0L / std::sqrt(static_cast<long double>(omega_m) + (1.0L - omega_m) * s3 * s3);
  };
  const int intervals = 4000;
  const long double first = 1.0L / std::sqrt(1.0L + z);
  const long double step = (1.0L - first) / intervals;
  long double sum = integrand(first) + integrand(1.0L);
  for (int i = 1; i < intervals; ++i) sum += (i % 2 == 1 ? 4.0L : 2.0L) * integrand(first + i * step);
  return static_cast<double>(kHubbleDistance * sum * step / 3.0L);
}

TEST(Cosmology, DistanceAgreesWithAnotherQuadrature) {
  for (const double omega_m : {0.05, 0.25, 0.3089, 0.7, 1.0})
    for (const double z : {1e-4, 0.017, 0.2499999, 0.25, 0.2500001, 1.0, 2.568175, 6.0, 20.0}) {
      const double expected = distance_by_simpson(omega_m, z);
      EXPECT_NEAR(Cosmology(omega_m).comoving_distance(z) / expected, 1.0, kDistanceTolerance)
          << "omega_m " << omega_m << " z " << z;
    }
}

TEST(Cosmology, EinsteinDeSitterIsAnalytic) {
  for (const double z : {0.1, 1.0, 3.0, 20.0}) {
    const double expected = 2.0 * kHubbleDistance * (1.0 - 1.0 / std::sqrt(1.0 + z));
    EXPECT_NEAR(Cosmology(1.0).comoving_distance(z) / expected, 1.0, kDistanceTolerance);
  }
}

TEST(Cosmology, RedshiftInvertsDistance) {
  for (const double omega_m : {0.05, 0.3089, 1.0})
    for (const double z : {0.0, 1e-3, 0.3, 1.1, 2.568175, 6.0}) {
      const Cosmology cosmology(omega_m);
      EXPECT_NEAR(cosmology.redshift_at(cosmology.comoving_distance(z)), z, kRedshiftTolerance);
    }
}

TEST(Cosmology, BeyondTheHorizonIsAnErrorAndNotALoop) {
  // Einstein-de Sitter's horizon is at 2 c / H0, 5996 Mpc/h.
  EXPECT_THROW(Cosmology(1.0).redshift_at(2.1 * kHubbleDistance), NumericError);
}

}  // namespace
}  // namespace lenswright
