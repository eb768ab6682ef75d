// cosmology.hpp: distances in a flat LambdaCDM universe without radiation.
//
// Units:  comoving Mpc/h; redshift and omega_m are pure numbers
// Source: Hogg 1999, astro-ph/9905116, eqs. 14-15
// Note:   only + - * / sqrt: the same bits on every IEEE machine
#pragma once

namespace lenswright {

class Cosmology {
 public:
  explicit Cosmology(double omega_m) : omega_m_(omega_m) {}
  double omega_m() const { return omega_m_; }
  double expansion_rate(double z) const;       // E(z) = H(z)/H0
  double comoving_distance(double z) const;    // Mpc/h, relative error below 1e-12 for z <= 20
  double redshift_at(double chi_mpc_h) const;  // inverse of comoving_distance, absolute error below 1e-11

 private:
  double omega_m_;
};

}  // namespace lenswright
