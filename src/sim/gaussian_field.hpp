// gaussian_field.hpp: a Gaussian realization of the linear density field and what follows from it.
//
// In:     white noise drawn per grid cell, so that the field depends on the seed alone
// Out:    N x N x N row-major fields, cell (i, j, k) at k + N * (j + N * i), periodic, at z = 0
// Units:  density contrast: 1; displacements: comoving Mpc/h
// Source: Zel'dovich 1970, A&A 5, 84: psi(k) = i k / k^2 delta(k)
// Not:    Nyquist modes: their derivative has no real transform, so they are left out everywhere
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <vector>

#include "sim/linear_power.hpp"

namespace lenswright {

class GaussianField {
 public:
  // side: even, at least 2
  GaussianField(const LinearPower& power, int side, double box_mpc_h, std::uint64_t seed);
  int side() const { return side_; }
  double box_mpc_h() const { return box_mpc_h_; }
  // Smoothed with exp(-(k R)^2 / 2); R = 0: not at all.
  std::vector<double> density(double smoothing_mpc_h = 0) const;
  std::array<std::vector<double>, 3> displacements() const;

 private:
  template <typename Factor>
  std::vector<double> transform(const Factor& factor) const;
  int side_;
  double box_mpc_h_;
  std::vector<std::complex<double>> modes_;  // delta(k), half of k space: N x N x (N/2 + 1)
};

}  // namespace lenswright
