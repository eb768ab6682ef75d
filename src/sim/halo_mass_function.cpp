#include "sim/halo_mass_function.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {

namespace {

constexpr double kStep = 0.05;              // in ln M
constexpr double kLargestMass = 3e16;       // nothing collapses beyond
constexpr double kSmallestDensity = 1e-30;  // (Mpc/h)^-3: keeps logarithms finite
constexpr double kDeltaC = 1.686;

double multiplicity(double nu) {  // Sheth & Tormen, per ln nu
  constexpr double kA = 0.707, kP = 0.3, kNorm = 0.3222;
  const double x = kA * nu * nu;
  return kNorm * std::sqrt(2 * x / kPi) * (1 + std::pow(x, -kP)) * std::exp(-x / 2);
}

}  // namespace

double lagrangian_radius(double mass, double omega_m) {
  return std::cbrt(3 * mass / (4 * kPi * kRhoCritical0 * omega_m));
}

HaloMassFunction::HaloMassFunction(const LinearPower& power, double z, double minimum_mass)
    : minimum_mass_(minimum_mass) {
  if (!(minimum_mass > 0 && minimum_mass < kLargestMass))
    throw NumericError("halo mass function: the smallest mass must be positive and below 3e16 Msun/h");
  const double growth = power.growth_factor(z), mean_density = kRhoCritical0 * power.omega_m();
  const auto sigma = [&](double mass) {
    return growth * power.sigma(lagrangian_radius(mass, power.omega_m()));
  };
  const auto nodes = static_cast<std::size_t>(std::ceil(std::log(kLargestMass / minimum_mass) / kStep)) + 1;
  std::vector<double> log_sigma(nodes + 2);  // one node beyond either end, for the slope
  for (std::size_t n = 0; n < log_sigma.size(); ++n)
    log_sigma[n] = std::log(sigma(minimum_mass * std::exp((static_cast<double>(n) - 1) * kStep)));

  number_above_.assign(nodes, kSmallestDensity);
  double previous = 0;  // dn/dlnM at the node above
  for (std::size_t n = nodes; n-- > 0;) {
    const double mass = minimum_mass * std::exp(static_cast<double>(n) * kStep);
    const double slope = (log_sigma[n] - log_sigma[n + 2]) / (2 * kStep);
    const double density = mean_density / mass * multiplicity(kDeltaC / std::exp(log_sigma[n + 1])) * slope;
    if (n + 1 < nodes) number_above_[n] = number_above_[n + 1] + kStep * (density + previous) / 2;
    previous = density;
  }
}

double HaloMassFunction::number_above(double mass) const {
  const double position =
      std::clamp(std::log(mass / minimum_mass_) / kStep, 0.0, static_cast<double>(number_above_.size() - 1));
  const auto n = std::min(static_cast<std::size_t>(position), number_above_.size() - 2);
  const double weight = position - static_cast<double>(n);
  return std::exp((1 - weight) * std::log(number_above_[n]) + weight * std::log(number_above_[n + 1]));
}

std::vector<double> HaloMassFunction::expected_masses(double volume) const {
  std::vector<double> masses;
  std::size_t n = number_above_.size() - 1;  // number_above_[n] <= wanted < number_above_[n - 1]
  for (double wanted = 0.5 / volume; wanted <= number_above_.front(); wanted += 1 / volume) {
    while (n > 1 && number_above_[n - 1] <= wanted) --n;
    const double high = std::log(number_above_[n - 1]), low = std::log(number_above_[n]);
    const double weight = (high - std::log(wanted)) / (high - low);
    masses.push_back(minimum_mass_ * std::exp((static_cast<double>(n) - 1 + weight) * kStep));
  }
  return masses;
}

}  // namespace lenswright
