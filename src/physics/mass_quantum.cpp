#include "physics/mass_quantum.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {

MassQuantum::MassQuantum(double omega_m, double box_mpc_h) {
  const double most = 1.5 * kRhoCritical0 * omega_m * box_mpc_h * box_mpc_h * box_mpc_h;
  if (!(most > 0) || !std::isfinite(most))
    throw NumericError(fmt::format("no mass quantum for omega_m {} and box {} Mpc/h", omega_m, box_mpc_h));
  // most = f 2^exponent with 1/2 <= f < 1: below 2^63 quanta exactly if the quantum is 2^(exponent - 63).
  int exponent = 0;
  std::frexp(most, &exponent);
  quantum_ = std::ldexp(1.0, exponent - 63);
}

void MassQuantum::refuse(double mass_msun_h) {
  throw NumericError(
      fmt::format("a particle of {:.6g} Msun/h is not between 0 and half of the box's mass", mass_msun_h));
}

}  // namespace lenswright
