// linear_power.hpp: the linear power spectrum of matter without baryon wiggles, and its growth.
//
// Units:  k in h/Mpc, power in (Mpc/h)^3, radii in comoving Mpc/h; flat LambdaCDM without radiation
// Source: Eisenstein & Hu 1998, ApJ 496, 605, eqs. 26, 28-31 (T_CMB = 2.7255 K); growth: Heath 1977, MNRAS
//         179, 351; normalised to sigma8 (top hat of 8 Mpc/h, z = 0)
// Throws: NumericError if a parameter is not positive
// Not:    a Boltzmann code: good to some percent, acoustic oscillations are absent
#pragma once

namespace lenswright {

struct LinearPowerParameters {
  double omega_m = 0, omega_b = 0, h = 0, n_s = 0, sigma8 = 0;
};

class LinearPower {
 public:
  explicit LinearPower(const LinearPowerParameters& parameters);
  double omega_m() const { return parameters_.omega_m; }
  double transfer(double k) const;    // 1 for k -> 0
  double power(double k) const;       // at z = 0; 0 for k = 0
  double sigma(double radius) const;  // rms of the density contrast in spheres, z = 0; relative error < 1e-4
  double growth_factor(double z) const;  // 1 at z = 0; relative error < 1e-8

 private:
  double unnormalised_growth(double a) const;
  LinearPowerParameters parameters_;
  double sound_horizon_mpc_ = 0;  // eq. 26, without h
  double alpha_gamma_ = 0;        // eq. 31
  double amplitude_ = 1;
};

}  // namespace lenswright
