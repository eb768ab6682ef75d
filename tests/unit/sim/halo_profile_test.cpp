#include "sim/halo_profile.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/units.hpp"

namespace lenswright {
namespace {

// Share of the mass inside `radius` (of the truncation radius 1), by summing shells of the density profile.
double share_inside(double radius, const std::function<double(double)>& density) {
  constexpr int kShells = 40000;
  double inside = 0, all = 0;
  for (int n = 0; n < kShells; ++n) {
    const double r = (n + 0.5) / kShells;
    const double shell = density(r) * r * r;
    all += shell;
    if (r < radius) inside += shell;
  }
  return inside / all;
}

constexpr double kShareTolerance = 1e-4;  // shells of 1/40000

TEST(HaloProfile, NfwRadiusHoldsItsShareOfTheMass) {
  for (const double c : {3.0, 5.0, 12.0})
    for (const double u : {0.01, 0.2, 0.5, 0.9}) {
      const auto density = [c](double r) { return 1 / (c * r * (1 + c * r) * (1 + c * r)); };
      EXPECT_NEAR(share_inside(nfw_radius(u, c), density), u, kShareTolerance) << "c = " << c;
    }
}

TEST(HaloProfile, GasAndStarRadiiHoldTheirShareOfTheMass) {
  for (const double u : {0.05, 0.5, 0.95}) {
    const auto gas = [](double r) { return 1 / (1 + r * r / (0.25 * 0.25)); };
    EXPECT_NEAR(share_inside(cored_gas_radius(u, 0.25), gas), u, kShareTolerance);
    const auto stars = [](double r) { return 1 / (r * std::pow(r + 0.1, 3)); };
    EXPECT_NEAR(share_inside(hernquist_radius(u, 0.1), stars), u, 5 * kShareTolerance);
  }
}

TEST(HaloProfile, RadiiEndAtTheTruncation) {
  EXPECT_EQ(hernquist_radius(0, 0.1), 0);
  EXPECT_NEAR(hernquist_radius(1, 0.1), 1, 1e-12);
  EXPECT_NEAR(nfw_radius(1, 5), 1, 1e-12);
  EXPECT_NEAR(cored_gas_radius(1, 0.25), 1, 1e-12);
}

TEST(HaloProfile, GasIsPuffedOutOfTheNfwCore) {
  EXPECT_GT(1.4 * cored_gas_radius(0.1, 0.25), 2 * nfw_radius(0.1, 6));
}

TEST(HaloProfile, SphereOfR200cIs200TimesAsDenseAsTheCriticalDensity) {
  for (const double z : {0.0, 0.7, 2.4}) {
    const double mass = 3e13, proper = r200c_mpc_h(mass, z, 0.3089) / (1 + z);
    const double critical = kRhoCritical0 * (0.3089 * std::pow(1 + z, 3) + 0.6911);
    EXPECT_NEAR(mass / (4.0 / 3 * kPi * std::pow(proper, 3)) / critical, 200, 1e-10);
  }
}

// The real run's SUBFIND measured R200c from M200c with the same definition.
TEST(HaloProfile, R200cAgreesWithTheRealCatalogue) {
  constexpr double kConstants = 1e-3;  // GADGET's G and units have other last digits
  EXPECT_NEAR(r200c_mpc_h(6760.43798828125e10, 0.033724374933132184, 0.3089) / 0.6776605834960938, 1,
              kConstants);
  EXPECT_NEAR(r200c_mpc_h(8450.5478515625e10, 2.4442257129477882, 0.3089) / 1.0372147216796875, 1,
              kConstants);
}

}  // namespace
}  // namespace lenswright
