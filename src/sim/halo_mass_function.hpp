// halo_mass_function.hpp: how many halos of which mass a volume holds.
//
// Units:  Msun/h, comoving (Mpc/h)^-3
// Source: Sheth & Tormen 1999, MNRAS 308, 119, eq. 10 (a = 0.707, p = 0.3, A = 0.3222), a Press-Schechter
//         form corrected for ellipsoidal collapse; delta_c = 1.686
// Not:    calibrated for M200c: the mass is taken as it is
#pragma once

#include <vector>

#include "sim/linear_power.hpp"

namespace lenswright {

class HaloMassFunction {
 public:
  HaloMassFunction(const LinearPower& power, double z, double minimum_mass);
  double minimum_mass() const { return minimum_mass_; }
  double number_above(double mass) const;  // density of halos; mass >= minimum_mass
  // The expected halos of a volume without scatter, descending: the i-th (from 1) is where i - 1/2 are above.
  std::vector<double> expected_masses(double volume) const;

 private:
  double minimum_mass_;
  std::vector<double> number_above_;  // at minimum_mass * exp(n * step)
};

// Top-hat radius that holds `mass` at the mean density, comoving Mpc/h.
double lagrangian_radius(double mass, double omega_m);

}  // namespace lenswright
