#include "sim/halo_profile.hpp"

#include <cmath>

#include "base/units.hpp"

namespace lenswright {

namespace {

// The x in [0, 1] where the increasing function reaches `target`: 50 halvings leave no more than a bit or
// two.
template <typename Increasing>
double invert(const Increasing& function, double target) {
  double low = 0, high = 1;
  for (int n = 0; n < 50; ++n) {
    const double middle = (low + high) / 2;
    (function(middle) < target ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double r200c_mpc_h(double mass, double z, double omega_m) {
  const double proper = 1 + z;
  const double expansion_squared = omega_m * proper * proper * proper + 1 - omega_m;
  return proper * std::cbrt(3 * mass / (800 * kPi * kRhoCritical0 * expansion_squared));
}

double nfw_concentration(double m200c, double z) {
  return 5.71 * std::pow(m200c / 2e12, -0.084) * std::pow(1 + z, -0.47);
}

double nfw_radius(double u, double concentration) {
  const auto mass = [](double x) { return std::log1p(x) - x / (1 + x); };
  const double all = mass(concentration);
  return invert([&](double r) { return mass(concentration * r); }, u * all);
}

double cored_gas_radius(double u, double core) {
  const auto mass = [](double x) { return x - std::atan(x); };
  const double all = mass(1 / core);
  return invert([&](double r) { return mass(r / core); }, u * all);
}

double hernquist_radius(double u, double scale) {
  const double all = 1 / ((1 + scale) * (1 + scale));  // mass inside 1 of the total
  const double root = std::sqrt(u * all);
  return scale * root / (1 - root);
}

}  // namespace lenswright
