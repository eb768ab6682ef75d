#include "sim/halo_mass_function.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/units.hpp"

namespace lenswright {
namespace {

const LinearPowerParameters kPlanck{0.3089, 0.0486, 0.6774, 0.9667, 0.8159};

// Share of matter in halos above nu: Sheth & Tormen's f integrated over ln nu, not over mass.
double collapsed_share(double nu_min) {
  constexpr double kStep = 1e-4;
  double share = 0;
  for (double log_nu = std::log(nu_min) + kStep / 2; log_nu < std::log(20.0); log_nu += kStep) {
    const double x = 0.707 * std::exp(2 * log_nu);
    share += kStep * 0.3222 * std::sqrt(2 * x / kPi) * (1 + std::pow(x, -0.3)) * std::exp(-x / 2);
  }
  return share;
}

TEST(HaloMassFunction, MassInHalosIsTheCollapsedShare) {
  const LinearPower power(kPlanck);
  constexpr double kTolerance = 5e-3;  // trapezoids of 0.05 in ln M
  for (const double z : {0.0, 1.0}) {
    for (const double minimum : {1e11, 1e12, 1e13}) {
      const HaloMassFunction function(power, z, minimum);
      double mass = 0;
      for (double m = minimum; m < 1e16; m *= 1.02)
        mass += (function.number_above(m) - function.number_above(m * 1.02)) * m * std::sqrt(1.02);
      const double nu = 1.686 / (power.growth_factor(z) * power.sigma(lagrangian_radius(minimum, 0.3089)));
      EXPECT_NEAR(mass / (kRhoCritical0 * 0.3089) / collapsed_share(nu), 1, kTolerance)
          << "z = " << z << ", above " << minimum;
    }
  }
}

TEST(HaloMassFunction, ExpectedMassesFollowTheCumulativeNumber) {
  const HaloMassFunction function(LinearPower(kPlanck), 0.2, 5e11);
  constexpr double kVolume = 50 * 50 * 50;
  const std::vector<double> masses = function.expected_masses(kVolume);
  ASSERT_GT(masses.size(), 100U);
  for (std::size_t n = 0; n < masses.size(); n += 7) {
    EXPECT_NEAR(function.number_above(masses[n]) * kVolume, static_cast<double>(n) + 0.5, 1e-6);
    if (n > 0) {
      EXPECT_LT(masses[n], masses[n - 1]);
    }
  }
  EXPECT_NEAR(static_cast<double>(masses.size()), function.number_above(5e11) * kVolume, 0.5 + 1e-6);
}

TEST(HaloMassFunction, MassiveHalosFormLate) {
  const LinearPower power(kPlanck);
  const HaloMassFunction now(power, 0, 1e12), then(power, 2, 1e12);
  EXPECT_LT(then.number_above(1e14), 0.1 * now.number_above(1e14));
}

}  // namespace
}  // namespace lenswright
